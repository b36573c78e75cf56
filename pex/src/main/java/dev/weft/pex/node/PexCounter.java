// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import java.util.Locale;

/** What is counted: messages that were dropped, and things that were not done, by reason. */
public enum PexCounter {
  /** Fewer octets than a header. */
  DROPPED_TOO_SHORT,
  /** The version is not 0. */
  DROPPED_VERSION,
  /** The opcode is not in the specification. */
  DROPPED_UNKNOWN_OPCODE,
  /** The opcode is not for this transport or type of network. */
  DROPPED_OTHER_OPCODE,
  /** The header announces more octets than came. */
  DROPPED_TRUNCATED,
  /** The payload is too short for its opcode. */
  DROPPED_PAYLOAD,
  /** The sender's id is none of a direct peer. PEX §5. */
  DROPPED_UNKNOWN_PEER,
  /** The source is not the overlay address of the sender's id. PEX §5. */
  DROPPED_WRONG_SOURCE,
  /** A PING in a second in which one was answered. PEX §6.4. */
  DROPPED_PING,
  /** A QUERY of a host behind a gateway. PEX §6.3. */
  DROPPED_QUERY,
  /** An entry of NOTIFY_PEERS about no direct peer, or about its sender. PEX §6.2. */
  SKIPPED_ENTRIES,
  /** An entry of NOTIFY_PEERS whose address cannot be an underlay endpoint. */
  REFUSED_CANDIDATES,
  /** A message of ours that the tunnel did not take. */
  SEND_FAILED;

  /** The name in the overlay's status: lower-case with dashes. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
