// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

/**
 * Makes data planes. Found with {@link java.util.ServiceLoader}: declare it with {@code provides}
 * in {@code module-info.java} and in {@code META-INF/services}. Cheap to construct; thread-safe.
 */
public interface DataPlaneProvider {

  /** A short lower-case name: {@code kernel}, {@code userspace}. */
  String name();

  /** Preference; the highest that is available wins. The kernel's is 200, user space 100. */
  int priority();

  /** Whether a plane can be opened for these needs. No side effects; never throws. */
  Availability probe(DataPlaneRequirements needs);

  /**
   * Opens a plane. Called on the overlay's queue; must not block. It has no peers yet.
   *
   * @throws dev.weft.overlay.OverlayException if it cannot start
   */
  DataPlane open(DataPlaneContext context);
}
