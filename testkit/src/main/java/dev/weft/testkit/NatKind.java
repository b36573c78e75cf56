// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

/**
 * How a NAT maps and filters, by the customary names. Source: RFC 3489 §5 for the names; RFC 4787
 * §4.1 and §5 for the behaviour.
 */
public enum NatKind {
  /** One public port an inner endpoint; anybody may send to it. */
  FULL_CONE,
  /** One public port an inner endpoint; open to addresses that it has sent to. */
  ADDRESS_RESTRICTED,
  /** One public port an inner endpoint; open to addresses and ports that it has sent to. */
  PORT_RESTRICTED,
  /** A public port for each pair of inner endpoint and destination, open to that destination. */
  SYMMETRIC
}
