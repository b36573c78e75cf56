// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

/**
 * How a NAT maps and filters, by the customary names. Source: RFC 3489 §5 for the names; RFC 4787
 * §4.1 and §5 for the behaviour.
 */
public enum NatKind {
  /** One public port an inner endpoint; anybody may send to it. */
  FULL_CONE(NatBehavior.ENDPOINT_INDEPENDENT, NatBehavior.ENDPOINT_INDEPENDENT),
  /** One public port an inner endpoint; open to addresses that it has sent to. */
  ADDRESS_RESTRICTED(NatBehavior.ENDPOINT_INDEPENDENT, NatBehavior.ADDRESS_DEPENDENT),
  /** One public port an inner endpoint; open to addresses and ports that it has sent to. */
  PORT_RESTRICTED(NatBehavior.ENDPOINT_INDEPENDENT, NatBehavior.ADDRESS_AND_PORT_DEPENDENT),
  /** A public port for each pair of inner endpoint and destination, open to that destination. */
  SYMMETRIC(NatBehavior.ADDRESS_AND_PORT_DEPENDENT, NatBehavior.ADDRESS_AND_PORT_DEPENDENT);

  private final NatBehavior mapping;
  private final NatBehavior filtering;

  NatKind(NatBehavior mapping, NatBehavior filtering) {
    this.mapping = mapping;
    this.filtering = filtering;
  }

  /** On what its mappings depend. */
  public NatBehavior mapping() {
    return mapping;
  }

  /** On what its filter depends. */
  public NatBehavior filtering() {
    return filtering;
  }
}
