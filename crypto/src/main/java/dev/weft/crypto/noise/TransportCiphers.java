// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.noise;

/**
 * The two cipher states of a finished handshake, in the order of {@code Split}. Source: Noise §5.2.
 *
 * @param fromInitiator seals what the initiator sends
 * @param fromResponder seals what the responder sends
 */
public record TransportCiphers(CipherState fromInitiator, CipherState fromResponder) {

  /** Destroys both. Idempotent. */
  public void destroy() {
    fromInitiator.destroy();
    fromResponder.destroy();
  }
}
