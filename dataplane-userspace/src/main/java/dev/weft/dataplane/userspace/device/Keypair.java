// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.crypto.Secrets;
import dev.weft.crypto.noise.SymmetricState;
import dev.weft.crypto.noise.TransportCiphers;
import dev.weft.dataplane.userspace.message.TransportDataLayout;
import dev.weft.spi.AeadProvider;
import dev.weft.spi.TransportAead;
import dev.weft.transport.PacketBuffer;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The keys of one session, its counters and its indices. Owned by the device's thread; the send
 * counter alone may be drawn from by several. Source: WG §5.4.5, §5.4.6.
 */
final class Keypair implements IndexEntry {

  /** What {@link #reserve} answers when the session may not send that much more. */
  static final long REFUSED = -1;

  private final Peer peer;
  private final boolean initiator;
  private final int localIndex;
  private final int remoteIndex;
  private final long createdNanos;
  private final TransportAead sealing;
  private final TransportAead opening;
  private final AtomicLong sendCounter = new AtomicLong();
  private final ReplayWindow received = new ReplayWindow();

  private Keypair(
      Peer peer,
      boolean initiator,
      int localIndex,
      int remoteIndex,
      long createdNanos,
      TransportAead sealing,
      TransportAead opening) {
    this.peer = peer;
    this.initiator = initiator;
    this.localIndex = localIndex;
    this.remoteIndex = remoteIndex;
    this.createdNanos = createdNanos;
    this.sealing = sealing;
    this.opening = opening;
  }

  /** The initiator's session; the handshake's state is erased. */
  static Keypair derive(
      Peer peer, HandshakeState.ResponseConsumed state, AeadProvider aead, long nowNanos) {
    return derive(
        peer, true, state.localIndex(), state.remoteIndex(), state.symmetric(), aead, nowNanos);
  }

  /** The responder's session; the handshake's state is erased. */
  static Keypair derive(
      Peer peer, HandshakeState.ResponseCreated state, AeadProvider aead, long nowNanos) {
    return derive(
        peer, false, state.localIndex(), state.remoteIndex(), state.symmetric(), aead, nowNanos);
  }

  private static Keypair derive(
      Peer peer,
      boolean initiator,
      int localIndex,
      int remoteIndex,
      SymmetricState symmetric,
      AeadProvider aead,
      long nowNanos) {
    TransportCiphers ciphers = symmetric.split();
    symmetric.destroy();
    byte[] fromInitiator = ciphers.fromInitiator().key();
    byte[] fromResponder = ciphers.fromResponder().key();
    ciphers.destroy();
    try {
      return new Keypair(
          peer,
          initiator,
          localIndex,
          remoteIndex,
          nowNanos,
          aead.create(initiator ? fromInitiator : fromResponder),
          aead.create(initiator ? fromResponder : fromInitiator));
    } finally {
      Secrets.erase(fromInitiator, fromResponder);
    }
  }

  @Override
  public Peer peer() {
    return peer;
  }

  boolean isInitiator() {
    return initiator;
  }

  int localIndex() {
    return localIndex;
  }

  int remoteIndex() {
    return remoteIndex;
  }

  long ageNanos(long nowNanos) {
    return nowNanos - createdNanos;
  }

  /** Whether the session sends and accepts no more because of its age. WG §6.2. */
  boolean isExpired(long nowNanos) {
    return ageNanos(nowNanos) >= ProtocolConstants.REJECT_AFTER_TIME;
  }

  /** Transport messages sent so far, unsigned. */
  long sentMessages() {
    return sendCounter.get();
  }

  /**
   * Draws consecutive counters for some packets; each is used once.
   *
   * @return the first, or {@link #REFUSED} if {@code REJECT_AFTER_MESSAGES} does not allow them all
   */
  long reserve(int count) {
    long first;
    do {
      first = sendCounter.get();
      // Before the addition, which could run past the limit and then past zero: a nonce used twice.
      if (Long.compareUnsigned(first, ProtocolConstants.REJECT_AFTER_MESSAGES - count) > 0) {
        return REFUSED;
      }
    } while (!sendCounter.compareAndSet(first, first + count));
    return first;
  }

  /** Writes the header before a padded packet and encrypts it in place. */
  void seal(PacketBuffer packet, long counter) {
    int length = packet.length();
    TransportDataLayout.writeHeader(packet, remoteIndex, counter);
    long body = packet.offset() + TransportDataLayout.PACKET;
    sealing.seal(counter, packet.segment(), body, length, packet.segment(), body);
    packet.setLength(packet.length() + TransportDataLayout.TAG_LENGTH);
  }

  /**
   * Decrypts a datagram in place; the buffer is the padded packet afterwards.
   *
   * @return false if it is not authentic
   */
  boolean open(PacketBuffer datagram, long counter) {
    long body = datagram.offset() + TransportDataLayout.PACKET;
    int length = datagram.length() - TransportDataLayout.PACKET;
    if (!opening.open(counter, datagram.segment(), body, length, datagram.segment(), body)) {
      return false;
    }
    datagram.set(body, length - TransportDataLayout.TAG_LENGTH);
    return true;
  }

  /** Which counters were received; asked only after {@link #open}. */
  ReplayWindow received() {
    return received;
  }

  /** For tests: as if that many messages had been sent. */
  void skipTo(long counter) {
    sendCounter.set(counter);
  }

  /** Erases the keys. Idempotent. */
  void destroy() {
    sealing.close();
    opening.close();
  }
}
