// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.crypto.noise.SymmetricState;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;

/**
 * Where a handshake is. {@link Handshake} makes all transitions. The initiator stays in {@link
 * InitiationCreated} until the response; a responder goes through its two states within one call,
 * so that an initiation leaves nothing behind but the session. Source: WG §5.4.2, §5.4.3.
 */
sealed interface HandshakeState {

  /** Nothing is under way. Creating an initiation leads to {@link InitiationCreated}. */
  record Zeroed() implements HandshakeState {}

  /**
   * An initiation was sent. An authentic response leads to {@link ResponseConsumed}; another
   * initiation replaces it; erasing leads to {@link Zeroed}.
   *
   * @param localIndex the initiation's sender index
   * @param symmetric after the initiation
   * @param ephemeral the initiation's ephemeral private key
   */
  record InitiationCreated(int localIndex, SymmetricState symmetric, PrivateKey ephemeral)
      implements HandshakeState {}

  /**
   * The static key of an initiation was decrypted, which does not yet say who sent it. {@link
   * Handshake#consumeInitiation} leads to {@link InitiationConsumed}.
   *
   * @param initiator the static key
   * @param symmetric after the static key
   */
  record StaticDecrypted(PublicKey initiator, SymmetricState symmetric) implements HandshakeState {}

  /**
   * An initiation was authentic and new. Creating the response leads to {@link ResponseCreated}.
   *
   * @param remoteIndex the initiation's sender index
   * @param symmetric after the initiation
   * @param remoteEphemeral the initiation's ephemeral public key
   */
  record InitiationConsumed(int remoteIndex, SymmetricState symmetric, PublicKey remoteEphemeral)
      implements HandshakeState {}

  /** The responder has all for a session, as {@link ResponseConsumed}. */
  record ResponseCreated(int localIndex, int remoteIndex, SymmetricState symmetric)
      implements HandshakeState {}

  /**
   * The initiator has all for a session.
   *
   * @param localIndex the own sender index
   * @param remoteIndex the other's sender index
   * @param symmetric after the response
   */
  record ResponseConsumed(int localIndex, int remoteIndex, SymmetricState symmetric)
      implements HandshakeState {}
}
