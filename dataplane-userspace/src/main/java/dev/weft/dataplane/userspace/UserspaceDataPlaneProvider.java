// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.linux.tun.TunDevice;
import dev.weft.overlay.OverlayException;
import dev.weft.overlay.PortKind;
import dev.weft.spi.Availability;
import dev.weft.spi.DataPlane;
import dev.weft.spi.DataPlaneContext;
import dev.weft.spi.DataPlaneProvider;
import dev.weft.spi.DataPlaneRequirements;

/**
 * WireGuard in this process: without privileges on the overlay's queue, in front of the in-process
 * endpoint or a supplied packet port; with privileges on threads of its own, in front of a TUN
 * device of Linux. Thread-safe.
 */
public final class UserspaceDataPlaneProvider implements DataPlaneProvider {

  /** The name to select this plane by. */
  static final String NAME = "userspace";

  /** For {@link java.util.ServiceLoader}. */
  public UserspaceDataPlaneProvider() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int priority() {
    return 100;
  }

  @Override
  public Availability probe(DataPlaneRequirements needs) {
    return availability(needs.portKind(), AeadSelection.onPath());
  }

  static Availability availability(PortKind portKind, AeadSelection ciphers) {
    return switch (portKind) {
      case PortKind.Tun(String name) ->
          TunDevice.unavailableReason()
              .<Availability>map(
                  reason ->
                      new Availability.Unavailable(
                          "TUN device " + name + " was asked for: " + reason,
                          "run on Linux as root or with CAP_NET_ADMIN, and with native access;"
                              + " or use the in-process port or supply a packet port"))
              .orElseGet(() -> withCipher("TUN", ciphers));
      case PortKind.InProcess inProcess -> withCipher("portable", ciphers);
      case PortKind.Supplied supplied -> withCipher("portable", ciphers);
    };
  }

  private static Availability withCipher(String runner, AeadSelection ciphers) {
    return ciphers
        .chosen()
        .<Availability>map(
            provider -> new Availability.Available(runner + ", cipher " + provider.name()))
        .orElseGet(
            () ->
                new Availability.Unavailable(
                    "no cipher for data packets can be used: " + ciphers.reason(),
                    "add dev.weft:weft-crypto to the path, or correct the system property "
                        + AeadSelection.PROPERTY));
  }

  /**
   * {@inheritDoc}
   *
   * @throws OverlayException if {@link #probe} says that it is unavailable
   */
  @Override
  public DataPlane open(DataPlaneContext context) {
    AeadSelection ciphers = AeadSelection.onPath();
    return switch (availability(context.interfaceConfig().portKind(), ciphers)) {
      case Availability.Unavailable(String reason, String remedy) ->
          throw new OverlayException(
              "opening the userspace plane of overlay "
                  + context.overlayName()
                  + " failed: "
                  + reason
                  + "; "
                  + remedy);
      case Availability.Available available -> {
        var _ = ciphers.startWarmUp();
        yield UserspaceDataPlane.open(context, ciphers);
      }
    };
  }
}
