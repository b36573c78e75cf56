// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

/** The numbers of the protocol; times in nanoseconds. Source: WG §6.1 unless said otherwise. */
final class ProtocolConstants {

  private static final long SECOND = 1_000_000_000L;

  /** Transport messages after which a new session is wanted. */
  static final long REKEY_AFTER_MESSAGES = 1L << 60;

  /** Transport messages after which a session sends and accepts no more: 2^64 - 2^13 - 1. */
  static final long REJECT_AFTER_MESSAGES = -(1L << 13) - 1;

  /** Age at which the initiator of a session wants a new one when it sends. */
  static final long REKEY_AFTER_TIME = 120 * SECOND;

  /** Age at which a session sends and accepts no more. */
  static final long REJECT_AFTER_TIME = 180 * SECOND;

  /** How long initiations are repeated before the handshake is given up. */
  static final long REKEY_ATTEMPT_TIME = 90 * SECOND;

  /** Least time between two initiations to a peer. */
  static final long REKEY_TIMEOUT = 5 * SECOND;

  /** Silence after received data that is ended by a keepalive. */
  static final long KEEPALIVE_TIMEOUT = 10 * SECOND;

  /** Most that is added at random to a repetition, so that two peers do not stay in step. */
  static final int REKEY_TIMEOUT_JITTER = 334_000_000;

  /** Age at which keys of sessions and handshakes are erased. WG §6.3. */
  static final long ZERO_KEYS_AFTER_TIME = 3 * REJECT_AFTER_TIME;

  /** Age at which the initiator of a session wants a new one when it only receives. WG §6.2. */
  static final long REKEY_ON_RECEIVE_AFTER_TIME =
      REJECT_AFTER_TIME - KEEPALIVE_TIMEOUT - REKEY_TIMEOUT;

  /** How long a responder's cookie secret lives. WG §5.4.7. */
  static final long COOKIE_SECRET_MAX_AGE = 120 * SECOND;

  /**
   * How much earlier the receiver of a cookie takes it for stale, for the time it was under way.
   */
  static final long COOKIE_SECRET_LATENCY = 5 * SECOND;

  /** Least time between two accepted initiations of a peer: 50 a second. WG §5.1, §6.1. */
  static final long HANDSHAKE_INITIATION_RATE = SECOND / 50;

  /** Handshake messages a second from one address while under load. WG §5.3. */
  static final int RATE_LIMIT_PER_SECOND = 20;

  /** How many of them may come at once. */
  static final int RATE_LIMIT_BURST = 5;

  /** Handshake messages a second above which a device is under load. WG §5.3 leaves it open. */
  static final int UNDER_LOAD_HANDSHAKES_PER_SECOND = 256;

  /** How long a device stays under load after the last time it was. */
  static final long UNDER_LOAD_HOLD_TIME = SECOND;

  /** Packets a peer keeps while there is no session. */
  static final int MAX_STAGED_PACKETS = 128;

  /** Octets of memory in which a device keeps such packets, of all peers together. */
  static final int MAX_STAGED_OCTETS = 8 << 20;

  /** The Noise protocol. WG §5.4. */
  static final String CONSTRUCTION = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";

  /** The prologue of the handshake. WG §5.4. */
  static final String IDENTIFIER = "WireGuard v1 zx2c4 Jason@zx2c4.com";

  /** What mac1's key is derived with. WG §5.4. */
  static final String LABEL_MAC1 = "mac1----";

  /** What the key that encrypts cookies is derived with. WG §5.4. */
  static final String LABEL_COOKIE = "cookie--";

  private ProtocolConstants() {}
}
