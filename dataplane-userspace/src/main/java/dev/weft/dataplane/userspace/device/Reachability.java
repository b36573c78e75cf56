// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

/** Where a packet for some inner address would go. WG §2. */
public enum Reachability {
  /** To a peer whose endpoint is known. */
  REACHABLE,
  /** Nowhere: the address belongs to no peer. */
  NO_PEER,
  /** Nowhere: its peer has not been heard of, and no endpoint is configured. */
  NO_ENDPOINT
}
