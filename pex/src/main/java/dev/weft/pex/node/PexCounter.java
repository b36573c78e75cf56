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
  /** An UPDATE_REQUEST above 10 in a second. PEX §8.2. */
  DROPPED_REQUESTS,
  /** An external message of a member with a nonce that was seen before. PEX §20. */
  DROPPED_REPLAYS,
  /** An external message from an address that cannot be answered, or with the own id. */
  DROPPED_SOURCES,
  /** A message of network data that no request waits for, or that does not fit. PEX §8.5. */
  DROPPED_UPDATES,
  /** Complete network data that are not newer, not usable or not rightly signed. PEX §8.5. */
  REFUSED_DATA,
  /** A notification about a peer to which traffic passes already. */
  SKIPPED_NOTIFICATIONS,
  /** A host that was not added to the full list of those to ask. PEX §8.3. */
  REFUSED_PEX_HOSTS,
  /** An answer outside of the tunnel that would have been more than the budget allows. */
  UNSENT_FOR_BUDGET,
  /** A transfer of network data that did not begin, because too many were under way. */
  UNSENT_TRANSFERS,
  /** A transfer of network data that took too long. */
  ABORTED_TRANSFERS,
  /** A transfer of network data that began. */
  STARTED_TRANSFERS,
  /** An UPDATE_RESPONSE_REFUSED of somebody with newer data. PEX §8.5. */
  UPDATE_REFUSED,
  /** A message of ours that the tunnel did not take. */
  SEND_FAILED;

  /** The name in the overlay's status: lower-case with dashes. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
