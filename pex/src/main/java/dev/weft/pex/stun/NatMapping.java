// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

/** How a NAT on the way maps the socket, as far as it is known. Source: RFC 4787 §4.1. */
public enum NatMapping {
  /** Fewer than two servers with different addresses have answered. */
  UNKNOWN,
  /** All servers saw the same address and port, so peers can be expected to see them too. */
  ENDPOINT_INDEPENDENT,
  /**
   * Servers saw different ones ("symmetric"): what one of them saw is of no use to a peer, unless
   * that is asked first.
   */
  ENDPOINT_DEPENDENT
}
