// SPDX-License-Identifier: Apache-2.0

package dev.weft.peer;

/** How a peer's current endpoint was learned. */
public enum EndpointOrigin {
  /** No endpoint is known. */
  NONE,
  /** From the local configuration or the network's data. */
  CONFIGURED,
  /** From another member's NOTIFY_PEERS. PEX §6.2. */
  PEX,
  /** From an ENDPOINT_NOTIFY. PEX §6.9. */
  ENDPOINT_NOTIFY,
  /** From an ENDPOINT_PORT_NOTIFY. PEX §6.10. */
  ENDPOINT_PORT_NOTIFY,
  /** From the source of an authenticated WireGuard message. WG §2.1. */
  ROAMING
}
