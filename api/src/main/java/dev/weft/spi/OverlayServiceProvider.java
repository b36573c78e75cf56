// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import dev.weft.overlay.OverlayConfig;

/**
 * Makes services that run on an overlay: peer exchange, VXLAN. Found with {@link
 * java.util.ServiceLoader}. Cheap to construct; thread-safe.
 */
public interface OverlayServiceProvider {

  /** A short lower-case name: {@code pex}, {@code vxlan}. */
  String name();

  /** Whether the configuration asks for this service. */
  boolean appliesTo(OverlayConfig config);

  /** Starts it. Called on the overlay's queue after the data plane started. */
  OverlayService start(OverlayServiceContext context);
}
