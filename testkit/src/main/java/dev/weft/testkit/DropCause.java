// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

/** Why a simulated datagram did not arrive. */
public enum DropCause {
  /** The link's loss. */
  LOSS,
  /** A partition between sender and receiver. */
  PARTITION,
  /** Longer than the path's MTU. */
  TOO_LONG,
  /** Nobody has the destination address. */
  NO_HOST,
  /** The host has no socket at the destination. */
  NO_SOCKET,
  /** The NAT has no mapping for the port. */
  NAT_NO_MAPPING,
  /** The NAT's filter does not admit the sender. */
  NAT_FILTERED,
  /** Sent through a NAT to its own public address, and it does not do hairpinning. */
  NAT_NO_HAIRPIN,
  /** The receiving socket's buffer was full, for example because its host is frozen. */
  BUFFER_FULL
}
