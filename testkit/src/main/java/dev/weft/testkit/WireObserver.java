// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

/** Sees every datagram of a simulated underlay. What it throws fails the simulation. */
@FunctionalInterface
public interface WireObserver {

  /** Something happened to a datagram. */
  void onWire(WireEvent event);
}
