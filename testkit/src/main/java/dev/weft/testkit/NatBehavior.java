// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

/**
 * On what of the remote end a mapping, or a filter, of a NAT depends. Source: RFC 4787 §4.1 for
 * mapping, §5 for filtering.
 */
public enum NatBehavior {
  /** On nothing. Mapping: one public port an inner endpoint. Filtering: anybody may send to it. */
  ENDPOINT_INDEPENDENT,
  /**
   * On the address. Mapping: a public port for each pair of inner endpoint and remote address.
   * Filtering: open to addresses that were sent to.
   */
  ADDRESS_DEPENDENT,
  /**
   * On address and port. Mapping: a public port for each pair of inner and remote endpoint.
   * Filtering: open to endpoints that were sent to.
   */
  ADDRESS_AND_PORT_DEPENDENT
}
