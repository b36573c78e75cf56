// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.overlay.OverlayException;
import dev.weft.spi.DataPlaneContext;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All fake data planes of a simulation; datagrams and echo requests get from one to the other
 * without an underlay. Used by the simulation's thread.
 */
public final class FakeFabric {

  private final List<FakeDataPlane> planes = new ArrayList<>();
  private final Map<String, OverlayException> openFailures = new HashMap<>();
  private boolean startsHeld;

  FakeFabric() {}

  /** The plane that an overlay of this name opened last. */
  public Optional<FakeDataPlane> plane(String overlayName) {
    return planes.stream()
        .filter(plane -> plane.overlayName().equals(overlayName))
        .reduce((before, last) -> last);
  }

  /** All planes that were opened, in order, closed ones included. */
  public List<FakeDataPlane> planes() {
    return List.copyOf(planes);
  }

  /** Makes the next opening for an overlay of this name throw. */
  public void failOpening(String overlayName, OverlayException failure) {
    openFailures.put(overlayName, failure);
  }

  /** Sets whether planes opened from now on wait for {@link FakeDataPlane#completeStart}. */
  public void holdStarts(boolean held) {
    startsHeld = held;
  }

  /** Has two planes complete a handshake with each other. */
  public void handshake(FakeDataPlane one, FakeDataPlane other) {
    one.completeHandshake(other.localKey(), other.endpoint());
    other.completeHandshake(one.localKey(), one.endpoint());
  }

  FakeDataPlane open(SimNetwork network, DataPlaneContext context) {
    OverlayException failure = openFailures.remove(context.overlayName());
    if (failure != null) {
      throw failure;
    }
    FakeDataPlane plane = new FakeDataPlane(network, context, startsHeld);
    planes.add(plane);
    return plane;
  }

  /** The open plane that has an address. */
  Optional<FakeDataPlane> planeAt(InetAddress address) {
    return planes.stream().filter(plane -> plane.isOpen() && plane.hasAddress(address)).findFirst();
  }
}
