// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.transport.Endpoint;

/** Something that happened to a datagram of the simulated underlay. Immutable. */
public sealed interface WireEvent {

  /** The datagram. */
  Datagram datagram();

  /** The source as the place of the event sees it: before a NAT when sent, behind it later. */
  Endpoint source();

  /** The destination as the place of the event sees it. */
  Endpoint destination();

  /** A socket sent it. Each datagram is sent once, however often it arrives. */
  record Sent(Datagram datagram, Endpoint source, Endpoint destination) implements WireEvent {}

  /** It reached a socket. A duplicated datagram arrives twice. */
  record Delivered(Datagram datagram, SimHost receiver, Endpoint source, Endpoint destination)
      implements WireEvent {}

  /** It, or one copy of it, was dropped. */
  record Dropped(Datagram datagram, DropCause cause, Endpoint source, Endpoint destination)
      implements WireEvent {}
}
