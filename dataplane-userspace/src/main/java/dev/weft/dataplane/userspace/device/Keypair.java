// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.crypto.Secrets;
import dev.weft.crypto.noise.SymmetricState;
import dev.weft.crypto.noise.TransportCiphers;
import dev.weft.dataplane.userspace.message.TransportDataLayout;
import dev.weft.spi.AeadProvider;
import dev.weft.spi.TransportAead;
import dev.weft.transport.PacketBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one session, its counters and its indices. Owned by the device's thread; several may
 * draw from the send counter, and ask the replay window one at a time. Each lane of workers has
 * ciphers of its own, because a cipher serves one thread; lane 0 is the device's owner. A session
 * that ends while a worker uses it keeps its keys until the worker lets go. Source: WG §5.4.5,
 * §5.4.6.
 */
final class Keypair implements IndexEntry {

  /** What {@link #reserve} answers when the session may not send that much more. */
  static final long REFUSED = -1;

  /** The lane of the device's owner. */
  static final int OWNER = 0;

  private final Peer peer;
  private final boolean initiator;
  private final int localIndex;
  private final int remoteIndex;
  private final long createdNanos;
  private final byte[] sendKey;
  private final byte[] receiveKey;
  private @Nullable Lane[] lanes;
  private int users;
  private boolean ended;
  private final AtomicLong sendCounter = new AtomicLong();
  private final ReplayWindow received = new ReplayWindow();

  private Keypair(
      Peer peer,
      boolean initiator,
      int localIndex,
      int remoteIndex,
      long createdNanos,
      byte[] sendKey,
      byte[] receiveKey,
      AeadProvider aead) {
    this.peer = peer;
    this.initiator = initiator;
    this.localIndex = localIndex;
    this.remoteIndex = remoteIndex;
    this.createdNanos = createdNanos;
    this.sendKey = sendKey;
    this.receiveKey = receiveKey;
    lanes = new @Nullable Lane[] {Lane.of(aead, sendKey, receiveKey)};
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
    return new Keypair(
        peer,
        initiator,
        localIndex,
        remoteIndex,
        nowNanos,
        initiator ? fromInitiator : fromResponder,
        initiator ? fromResponder : fromInitiator,
        aead);
  }

  /**
   * The ciphers of a lane, made anew if the plane has changed to another provider. Asked by the
   * lane's own worker while it holds the device, so nobody uses those that are replaced.
   */
  Lane lane(int number, AeadProvider aead) {
    if (number >= lanes.length) {
      lanes = Arrays.copyOf(lanes, number + 1);
    }
    Lane lane = lanes[number];
    if (lane == null || !lane.provider().equals(aead)) {
      if (ended && users == 0) {
        throw new IllegalStateException("the session has ended");
      }
      if (lane != null) {
        lane.close();
      }
      lane = Lane.of(aead, sendKey, receiveKey);
      lanes[number] = lane;
    }
    return lane;
  }

  private Lane ownersLane() {
    return Objects.requireNonNull(lanes[OWNER]);
  }

  /** A worker uses the session from now on. */
  void acquire() {
    users++;
  }

  /** A worker no longer uses it. */
  void release() {
    if (--users == 0 && ended) {
      eraseKeys();
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

  /** Writes the header before a padded packet and encrypts it in place, on the owner's lane. */
  void seal(PacketBuffer packet, long counter) {
    int length = packet.length();
    TransportDataLayout.writeHeader(packet, remoteIndex, counter);
    long body = packet.offset() + TransportDataLayout.PACKET;
    ownersLane().sealing().seal(counter, packet.segment(), body, length, packet.segment(), body);
    packet.setLength(packet.length() + TransportDataLayout.TAG_LENGTH);
  }

  /**
   * Whether the counter of an authentic message is new; asked only after it was opened. Several
   * workers may receive messages of one session.
   */
  boolean acceptCounter(long counter) {
    synchronized (received) {
      return received.accept(counter);
    }
  }

  /** For tests: as if that many messages had been sent. */
  void skipTo(long counter) {
    sendCounter.set(counter);
  }

  /** Ends the session and erases its keys, at the latest when no worker uses it. Idempotent. */
  void destroy() {
    ended = true;
    if (users == 0) {
      eraseKeys();
    }
  }

  private void eraseKeys() {
    for (Lane lane : lanes) {
      if (lane != null) {
        lane.close();
      }
    }
    Secrets.erase(sendKey, receiveKey);
  }

  /**
   * A lane's two ciphers.
   *
   * @param provider who made them
   */
  record Lane(AeadProvider provider, TransportAead sealing, TransportAead opening) {
    static Lane of(AeadProvider provider, byte[] sendKey, byte[] receiveKey) {
      return new Lane(provider, provider.create(sendKey), provider.create(receiveKey));
    }

    void close() {
      sealing.close();
      opening.close();
    }
  }
}
