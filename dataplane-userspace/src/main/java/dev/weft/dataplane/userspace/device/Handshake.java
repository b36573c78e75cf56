// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.crypto.AuthenticationFailedException;
import dev.weft.crypto.Secrets;
import dev.weft.crypto.Tai64n;
import dev.weft.crypto.X25519;
import dev.weft.crypto.noise.SymmetricState;
import dev.weft.dataplane.userspace.device.HandshakeState.InitiationConsumed;
import dev.weft.dataplane.userspace.device.HandshakeState.InitiationCreated;
import dev.weft.dataplane.userspace.device.HandshakeState.ResponseConsumed;
import dev.weft.dataplane.userspace.device.HandshakeState.ResponseCreated;
import dev.weft.dataplane.userspace.device.HandshakeState.StaticDecrypted;
import dev.weft.dataplane.userspace.device.HandshakeState.Zeroed;
import dev.weft.dataplane.userspace.message.HandshakeInitiation;
import dev.weft.dataplane.userspace.message.HandshakeResponse;
import dev.weft.dataplane.userspace.message.Octets;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.RandomSource;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoField;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The handshake with one peer, in both roles: Noise IKpsk2. A pending initiation survives an
 * initiation of the other side, so that two peers that start at once both succeed. Owned by the
 * device's thread. Source: WG §5.4.2, §5.4.3; Noise §5.3, §9.
 */
final class Handshake implements IndexEntry {

  private static final byte[] PROLOGUE =
      ProtocolConstants.IDENTIFIER.getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NOTHING = {};

  /** Stamps are rounded down to about 17 ms: a finer clock would tell about the host. */
  private static final int STAMP_NANOS = 1 << 24;

  private final Peer peer;
  private HandshakeState state = new Zeroed();
  private byte @Nullable [] staticStatic;
  private Instant lastStamp = Instant.EPOCH;
  private Tai64n greatestTimestamp = Tai64n.MIN;
  private boolean hasConsumed;
  private long consumedNanos;
  private boolean hasSent;
  private long sentNanos;

  Handshake(Peer peer) {
    this.peer = peer;
  }

  @Override
  public Peer peer() {
    return peer;
  }

  HandshakeState state() {
    return state;
  }

  /** Takes over what protects against replay from an earlier handshake with the same peer. */
  void inheritTimestamps(Handshake earlier) {
    greatestTimestamp = earlier.greatestTimestamp;
    lastStamp = earlier.lastStamp;
  }

  /** Whether the last handshake message was sent less than {@code REKEY_TIMEOUT} ago. */
  boolean wasJustSent(long nowNanos) {
    return hasSent && nowNanos - sentNanos < ProtocolConstants.REKEY_TIMEOUT;
  }

  /** When {@link #wasJustSent} ends. */
  long nextSendNanos() {
    return sentNanos + ProtocolConstants.REKEY_TIMEOUT;
  }

  void onSent(long nowNanos) {
    hasSent = true;
    sentNanos = nowNanos;
  }

  /** Lets the next initiation go at once. */
  void forgetSent() {
    hasSent = false;
  }

  /**
   * The first message; from {@link Zeroed} to {@link InitiationCreated}.
   *
   * @throws DroppedException if the peer's key is of low order
   */
  HandshakeInitiation createInitiation(
      LocalIdentity local, int localIndex, Instant wallClock, RandomSource random)
      throws DroppedException {
    if (!(state instanceof Zeroed)) {
      throw new IllegalStateException("an initiation is pending");
    }
    byte[] staticShared = staticStatic(local);
    byte[] ephemeral = Secrets.generate(random);
    byte[] ephemeralPublic = X25519.publicKey(ephemeral);
    SymmetricState symmetric = start(peer.publicKeyOctets());
    try {
      mixEphemeral(symmetric, ephemeralPublic);
      mixShared(symmetric, LocalIdentity.agree(ephemeral, peer.publicKeyOctets()));
      byte[] encryptedStatic = symmetric.encryptAndHash(local.publicKeyOctets());
      symmetric.mixKey(staticShared);
      byte[] encryptedTimestamp = symmetric.encryptAndHash(nextTimestamp(wallClock).octets());
      state = new InitiationCreated(localIndex, symmetric, PrivateKey.of(ephemeral));
      return HandshakeInitiation.withoutMacs(
          localIndex,
          PublicKey.of(ephemeralPublic),
          Octets.of(encryptedStatic),
          Octets.of(encryptedTimestamp));
    } catch (DroppedException e) {
      symmetric.destroy();
      throw e;
    } finally {
      Secrets.erase(ephemeral);
    }
  }

  /**
   * The first half of consuming an initiation: who claims to send it.
   *
   * @throws DroppedException if it is not authentic
   */
  static StaticDecrypted decryptStatic(LocalIdentity local, HandshakeInitiation message)
      throws DroppedException {
    SymmetricState symmetric = start(local.publicKeyOctets());
    byte[] ephemeral = message.ephemeral().octets();
    mixEphemeral(symmetric, ephemeral);
    byte[] initiator;
    try {
      mixShared(symmetric, local.agree(ephemeral));
      initiator = decrypt(symmetric, message.encryptedStatic());
    } catch (DroppedException e) {
      symmetric.destroy();
      throw e;
    }
    return new StaticDecrypted(PublicKey.of(initiator), symmetric);
  }

  /**
   * The second half: whether this peer sent it, and now. The state of an own initiation stays.
   *
   * @throws DroppedException if it is not authentic, a replay, or too soon
   */
  InitiationConsumed consumeInitiation(
      LocalIdentity local, StaticDecrypted decrypted, HandshakeInitiation message, long nowNanos)
      throws DroppedException {
    SymmetricState symmetric = decrypted.symmetric();
    symmetric.mixKey(staticStatic(local));
    Tai64n timestamp = Tai64n.decode(decrypt(symmetric, message.encryptedTimestamp()));
    if (!timestamp.isAfter(greatestTimestamp)) {
      throw new DroppedException(DropReason.INITIATION_REPLAYED);
    }
    if (hasConsumed && nowNanos - consumedNanos < ProtocolConstants.HANDSHAKE_INITIATION_RATE) {
      throw new DroppedException(DropReason.INITIATION_FLOOD);
    }
    greatestTimestamp = timestamp;
    hasConsumed = true;
    consumedNanos = nowNanos;
    return new InitiationConsumed(message.sender(), symmetric, message.ephemeral());
  }

  /** The second message, and the state that a session is derived from. */
  record Response(HandshakeResponse message, ResponseCreated state) {}

  /**
   * The second message.
   *
   * @param presharedKey 32 octets, zero if there is none
   * @throws DroppedException if a key is of low order
   */
  Response createResponse(
      InitiationConsumed consumed, int localIndex, byte[] presharedKey, RandomSource random)
      throws DroppedException {
    SymmetricState symmetric = consumed.symmetric();
    byte[] ephemeral = Secrets.generate(random);
    try {
      byte[] ephemeralPublic = X25519.publicKey(ephemeral);
      mixEphemeral(symmetric, ephemeralPublic);
      mixShared(symmetric, LocalIdentity.agree(ephemeral, consumed.remoteEphemeral().octets()));
      mixShared(symmetric, LocalIdentity.agree(ephemeral, peer.publicKeyOctets()));
      symmetric.mixKeyAndHash(presharedKey);
      byte[] encryptedEmpty = symmetric.encryptAndHash(NOTHING);
      return new Response(
          HandshakeResponse.withoutMacs(
              localIndex,
              consumed.remoteIndex(),
              PublicKey.of(ephemeralPublic),
              Octets.of(encryptedEmpty)),
          new ResponseCreated(localIndex, consumed.remoteIndex(), symmetric));
    } finally {
      Secrets.erase(ephemeral);
    }
  }

  /**
   * Takes in the answer; from {@link InitiationCreated} to {@link Zeroed}. The local index passes
   * to the session. A message that is not authentic changes nothing.
   *
   * @param presharedKey 32 octets, zero if there is none
   * @throws DroppedException if it answers no pending initiation, or is not authentic
   */
  ResponseConsumed consumeResponse(
      LocalIdentity local, HandshakeResponse message, byte[] presharedKey) throws DroppedException {
    if (!(state instanceof InitiationCreated created)
        || created.localIndex() != message.receiver()) {
      throw new DroppedException(DropReason.UNKNOWN_RECEIVER);
    }
    SymmetricState symmetric = created.symmetric().copy();
    byte[] ephemeral = created.ephemeral().octets();
    try {
      byte[] remoteEphemeral = message.ephemeral().octets();
      mixEphemeral(symmetric, remoteEphemeral);
      mixShared(symmetric, LocalIdentity.agree(ephemeral, remoteEphemeral));
      mixShared(symmetric, local.agree(remoteEphemeral));
      symmetric.mixKeyAndHash(presharedKey);
      decrypt(symmetric, message.encryptedEmpty());
    } catch (DroppedException e) {
      symmetric.destroy();
      throw e;
    } finally {
      Secrets.erase(ephemeral);
    }
    erase();
    return new ResponseConsumed(message.receiver(), message.sender(), symmetric);
  }

  /** Forgets a pending initiation and erases its keys; to {@link Zeroed}. */
  void erase() {
    if (state instanceof InitiationCreated created) {
      created.symmetric().destroy();
      created.ephemeral().destroy();
    }
    state = new Zeroed();
  }

  /** Erases what follows from both static keys, because one changed or the peer goes away. */
  void eraseStaticStatic() {
    if (staticStatic != null) {
      Secrets.erase(staticStatic);
      staticStatic = null;
    }
  }

  /** Computed once: half of what an initiation costs. */
  private byte[] staticStatic(LocalIdentity local) throws DroppedException {
    if (staticStatic == null) {
      staticStatic = local.agree(peer.publicKeyOctets());
    }
    return staticStatic;
  }

  /** Greater than every stamp before, even if the wall clock stands still or goes back. */
  private Tai64n nextTimestamp(Instant wallClock) {
    Instant stamp = wallClock.minusNanos(wallClock.get(ChronoField.NANO_OF_SECOND) % STAMP_NANOS);
    if (!stamp.isAfter(lastStamp)) {
      stamp = lastStamp.plusNanos(STAMP_NANOS);
    }
    lastStamp = stamp;
    return Tai64n.of(stamp);
  }

  private static SymmetricState start(byte[] responderPublicKey) {
    SymmetricState symmetric = SymmetricState.initializeSymmetric(ProtocolConstants.CONSTRUCTION);
    symmetric.mixHash(PROLOGUE);
    symmetric.mixHash(responderPublicKey);
    return symmetric;
  }

  /**
   * With a preshared key in the pattern, ephemeral keys go into the chaining key too. Noise §9.2.
   */
  private static void mixEphemeral(SymmetricState symmetric, byte[] ephemeralPublic) {
    symmetric.mixHash(ephemeralPublic);
    symmetric.mixKey(ephemeralPublic);
  }

  private static void mixShared(SymmetricState symmetric, byte[] shared) {
    symmetric.mixKey(shared);
    Arrays.fill(shared, (byte) 0);
  }

  private static byte[] decrypt(SymmetricState symmetric, Octets sealed) throws DroppedException {
    try {
      return symmetric.decryptAndHash(sealed.toByteArray());
    } catch (AuthenticationFailedException e) {
      throw new DroppedException(DropReason.AUTHENTICATION_FAILED);
    }
  }
}
