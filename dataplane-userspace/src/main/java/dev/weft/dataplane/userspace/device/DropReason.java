// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import java.util.Locale;

/**
 * Why a packet or datagram went no further. Broken and hostile input is normal: it is counted, and
 * nothing is answered. WG §5.1.
 */
enum DropReason {
  /** A datagram that is no WireGuard message. */
  MALFORMED,
  /** A message for an index that no session and no handshake has. */
  UNKNOWN_RECEIVER,
  /** A tag that does not verify. */
  AUTHENTICATION_FAILED,
  /** An authentic data message that was received before, or is too old to tell. */
  REPLAYED,
  /** A data message of a session that is too old or has sent too much. WG §6.2. */
  SESSION_EXPIRED,
  /** A decrypted packet that is not IP, or shorter than its header says. */
  INNER_MALFORMED,
  /** A decrypted packet from an address that the peer does not have. WG §2. */
  SOURCE_NOT_ALLOWED,
  /** A handshake message whose mac1 does not verify. */
  MAC1_INVALID,
  /** A handshake message that was answered with a cookie, under load. */
  COOKIE_REQUIRED,
  /** A handshake message beyond the rate of its source address, under load. */
  RATE_LIMITED,
  /** A cookie that was not asked for, or does not verify. */
  COOKIE_REJECTED,
  /** An authentic initiation of a key that is no peer. */
  UNKNOWN_PEER,
  /** An initiation whose timestamp is not greater than the last. */
  INITIATION_REPLAYED,
  /** An initiation too soon after the last. */
  INITIATION_FLOOD,
  /** A public key whose shared secret anyone knows. */
  LOW_ORDER_KEY,
  /** An outbound packet that is not IP, or shorter than its header says. */
  OUTBOUND_MALFORMED,
  /** An outbound packet without the head room or tail room to encrypt it in place. */
  NO_ROOM,
  /** An outbound packet for an address that no peer has. */
  NO_ROUTE,
  /** An outbound packet for a peer whose endpoint is unknown. */
  NO_ENDPOINT,
  /** A waiting packet that had to make room for a newer one. */
  STAGED_OVERFLOW,
  /** A waiting packet whose handshake was given up, or whose peer was removed. */
  STAGED_DISCARDED,
  /** A datagram that the underlay did not take. */
  UNDERLAY,
  /** Anything while the device is suspended. */
  SUSPENDED,
  /** Anything after the device was closed. */
  CLOSED;

  /** Lower-case with dashes. */
  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
