// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import dev.weft.crypto.ConstantTime;
import dev.weft.crypto.Secrets;
import dev.weft.crypto.X25519;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.enroll.EnrollmentEffect.Send;
import dev.weft.pex.message.Enroll;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One side of an enrolment, without I/O: messages and times go in, effects come out. Confined to
 * its owner's queue. Source: PEX §13.
 *
 * <p>The owner passes on every ENROLL message of the external port, calls {@link #onTimer} when
 * {@link #nanosToTimer} have passed, and carries out the effects in order. Closing erases the
 * secrets.
 *
 * <p>Hostile messages are counted by {@link EnrollmentDrop} and forgotten; nothing is kept of a
 * message whose MAC is wrong, and no more than {@link #MAX_PEERS} sessions of others. Where the
 * protocol leaves the state open to replays (PEX §19, quirks 19 and 20) this side is stricter: only
 * a message with a valid MAC and a nonce above the last one moves a session's address and nonce, so
 * that a forged discovery, or a repeated confirm or accept, cannot lead answers elsewhere.
 *
 * @since 0.1.0
 */
public abstract sealed class EnrollmentSession implements AutoCloseable
    permits EnrollmentServer, EnrollmentClient {

  /** How many sessions of others are kept. */
  public static final int MAX_PEERS = 64;

  /**
   * How many messages that cost a Diffie-Hellman agreement, or that anyone can provoke an answer
   * with, are handled in a second.
   */
  public static final int AGREEMENTS_PER_SECOND = 128;

  /** The time after which an enrolment ends if nothing else is asked for. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(2);

  static final long NEVER = Long.MAX_VALUE;

  private static final int SECRET_LENGTH = 64;
  private static final long SECOND = 1_000_000_000L;
  private static final AuthKey NO_KEY = AuthKey.of(new byte[AuthKey.LENGTH]);

  private final byte[] secret = new byte[SECRET_LENGTH]; // X
  private final byte[] privateKey;
  private final PublicKey key;
  private final Optional<EnrollmentSecret> sharedSecret;
  private final long startNanos;
  private final long timeoutNanos;
  private final Map<PublicKey, PeerState> peers = new LinkedHashMap<>();
  private final Map<EnrollmentDrop, Long> drops = new EnumMap<>(EnrollmentDrop.class);
  private long sendCounter;
  private long secondStartNanos;
  private int agreements;
  private boolean ended;

  /** What is known of the other side. Erased with the session. */
  static final class PeerState {
    final PublicKey id;
    final EnrollmentKeys keys;
    final PublicKey hostKey;
    Endpoint address;
    long lastNonce;
    BlobValue.Table info;
    Optional<AuthKey> authKey = Optional.empty();
    boolean confirmed;
    boolean accepted;
    boolean secretProven;

    PeerState(
        PublicKey id, EnrollmentKeys keys, PublicKey hostKey, Endpoint address, Received first) {
      this.id = id;
      this.keys = keys;
      this.hostKey = hostKey;
      this.address = address;
      lastNonce = first.nonce();
      info = first.attributes().table(EnrollmentOp.INFO).orElse(BlobValue.Table.empty());
    }

    EnrollmentPeer snapshot() {
      return new EnrollmentPeer(
          id,
          keys.session(),
          address,
          hostKey,
          authKey.filter(key -> !key.equals(NO_KEY)),
          info,
          confirmed,
          accepted,
          secretProven);
    }

    boolean isFresh(Received message) {
      return Long.compareUnsigned(message.nonce(), lastNonce) > 0;
    }

    /** Moves to where a message with a valid MAC came from, if it is no replay. */
    void follow(Endpoint source, Received message) {
      if (isFresh(message)) {
        address = source;
        lastNonce = message.nonce();
      }
    }
  }

  /** A message whose MAC is right. */
  record Received(long nonce, BlobValue.Table attributes) {

    Optional<PublicKey> key(String name) {
      return attributes
          .text(name)
          .flatMap(
              text -> {
                try {
                  return Optional.of(PublicKey.parse(text));
                } catch (IllegalArgumentException e) {
                  return Optional.empty();
                }
              });
    }

    /** Whether an attribute is the base64 form of these octets. */
    boolean proves(String name, byte[] expected) {
      return key(name).filter(value -> ConstantTime.equals(value.octets(), expected)).isPresent();
    }
  }

  /** Thrown and caught in here: a message is not taken. */
  static final class DropException extends Exception {
    private static final long serialVersionUID = 1L;
    private final EnrollmentDrop drop;

    DropException(EnrollmentDrop drop) {
      super(drop.name(), null, false, false);
      this.drop = drop;
    }
  }

  EnrollmentSession(
      Optional<EnrollmentSecret> sharedSecret,
      Duration timeout,
      RandomSource random,
      long nowNanos) {
    random.nextBytes(secret);
    privateKey = Arrays.copyOf(secret, X25519.LENGTH);
    Secrets.clamp(privateKey);
    // X is clamped in place, and what is derived from X is derived from that. PEX §13.
    System.arraycopy(privateKey, 0, secret, 0, X25519.LENGTH);
    key = PublicKey.of(X25519.publicKey(privateKey));
    this.sharedSecret = sharedSecret;
    startNanos = nowNanos;
    secondStartNanos = nowNanos;
    timeoutNanos = timeout.isZero() ? NEVER : timeout.toNanos();
  }

  /** The own session's public key. */
  public final PublicKey sessionKey() {
    return key;
  }

  /**
   * An ENROLL message arrived on the external port.
   *
   * @param source where from
   * @return what to do, in order
   */
  public final List<EnrollmentEffect> onMessage(Endpoint source, Enroll message, long nowNanos) {
    List<EnrollmentEffect> effects = new ArrayList<>();
    try {
      if (isOver(nowNanos)) {
        throw new DropException(EnrollmentDrop.ENDED);
      }
      if (message.session().equals(key)) {
        throw new DropException(EnrollmentDrop.OWN_KEY);
      }
      handle(source, message, nowNanos, effects);
    } catch (DropException e) {
      drops.merge(e.drop, 1L, Long::sum);
    }
    return effects;
  }

  abstract void handle(
      Endpoint source, Enroll message, long nowNanos, List<EnrollmentEffect> effects)
      throws DropException;

  /**
   * Time has passed. May be called at any time.
   *
   * @return what to do, in order
   */
  public final List<EnrollmentEffect> onTimer(long nowNanos) {
    List<EnrollmentEffect> effects = new ArrayList<>();
    if (ended) {
      return effects;
    }
    if (isOver(nowNanos)) {
      close();
      effects.add(new EnrollmentEffect.TimedOut());
    } else {
      tick(nowNanos, effects);
    }
    return effects;
  }

  abstract void tick(long nowNanos, List<EnrollmentEffect> effects);

  /**
   * In how many nanoseconds {@link #onTimer} wants to be called.
   *
   * @return 0 if it is due; {@link Long#MAX_VALUE} if never
   */
  public final long nanosToTimer(long nowNanos) {
    if (ended) {
      return NEVER;
    }
    long untilEnd = timeoutNanos == NEVER ? NEVER : timeoutNanos - (nowNanos - startNanos);
    return Math.max(0, Math.min(untilEnd, nanosToTick(nowNanos)));
  }

  abstract long nanosToTick(long nowNanos);

  /**
   * The operator accepts the other side, after comparing what both sides show. Again for one that
   * was accepted: what was sent is sent once more.
   *
   * @param id {@link EnrollmentPeer#id}
   * @return what to do, in order; nothing if there is no such session (any more)
   * @throws IllegalStateException on the client if the server has not confirmed, or another was
   *     accepted
   */
  public final List<EnrollmentEffect> accept(PublicKey id, long nowNanos) {
    List<EnrollmentEffect> effects = new ArrayList<>();
    PeerState peer = peers.get(id);
    if (peer != null && !isOver(nowNanos)) {
      accept(peer, effects);
    }
    return effects;
  }

  /**
   * The same by what both sides show. Several sessions can show the same, by a stranger's
   * intention; then none is accepted.
   *
   * @param session {@link EnrollmentPeer#session}
   */
  public final List<EnrollmentEffect> accept(String session, long nowNanos) {
    List<PeerState> shown =
        peers.values().stream().filter(peer -> peer.keys.session().equals(session)).toList();
    return shown.size() == 1 ? accept(shown.getFirst().id, nowNanos) : List.of();
  }

  abstract void accept(PeerState peer, List<EnrollmentEffect> effects);

  /** The other sides that are known, in the order in which they came. */
  public final List<EnrollmentPeer> peers() {
    return peers.values().stream().map(PeerState::snapshot).toList();
  }

  /** How many messages were not taken, by reason. A copy. */
  public final Map<EnrollmentDrop, Long> drops() {
    return Map.copyOf(drops);
  }

  /** Whether it timed out or was closed. */
  public final boolean isEnded() {
    return ended;
  }

  /** Ends it and erases its secrets, but not the shared secret. Idempotent. */
  @Override
  public final void close() {
    ended = true;
    Secrets.erase(secret, privateKey);
    peers.values().forEach(this::erase);
    peers.clear();
    eraseOthers();
  }

  /** Without secrets. */
  @Override
  public final String toString() {
    return getClass().getSimpleName() + "[session=" + key + ", peers=" + peers() + "]";
  }

  private void erase(PeerState peer) {
    peer.keys.destroy();
  }

  /** Erases what the subclass keeps. */
  abstract void eraseOthers();

  private boolean isOver(long nowNanos) {
    return ended || (timeoutNanos != NEVER && nowNanos - startNanos >= timeoutNanos);
  }

  // What the roles share.

  final long startNanos() {
    return startNanos;
  }

  final Optional<EnrollmentSecret> sharedSecret() {
    return sharedSecret;
  }

  final Optional<PeerState> peer(PublicKey id) {
    return Optional.ofNullable(peers.get(id));
  }

  final boolean isFull() {
    return peers.size() >= MAX_PEERS;
  }

  final void add(PeerState peer) {
    peers.put(peer.id, peer);
  }

  /** Forgets the oldest session that neither side took further; false if there is none. */
  final boolean forgetOldestStranger() {
    Optional<PeerState> oldest =
        peers.values().stream()
            .filter(peer -> !peer.accepted && !peer.confirmed && !peer.secretProven)
            .findFirst();
    oldest.ifPresent(
        peer -> {
          peers.remove(peer.id);
          erase(peer);
        });
    return oldest.isPresent();
  }

  /** Lets so many through in a second that strangers cannot keep this host busy. */
  final void requireAllowance(long nowNanos) throws DropException {
    if (nowNanos - secondStartNanos >= SECOND) {
      secondStartNanos = nowNanos;
      agreements = 0;
    }
    if (agreements >= AGREEMENTS_PER_SECOND) {
      throw new DropException(EnrollmentDrop.TOO_MANY);
    }
    agreements++;
  }

  /** The keys shared with another session. */
  final EnrollmentKeys agree(PublicKey other) throws DropException {
    return EnrollmentKeys.agree(privateKey, key, other)
        .orElseThrow(() -> new DropException(EnrollmentDrop.LOW_ORDER_KEY));
  }

  /** The secret of the own session's private key and a host key, for the caller to erase. */
  final byte[] hostSecret(PublicKey hostKey) throws DropException {
    return EnrollmentKeys.agree(privateKey, hostKey)
        .orElseThrow(() -> new DropException(EnrollmentDrop.LOW_ORDER_KEY));
  }

  /** X, clamped; not to be kept. */
  final byte[] secret() {
    return secret;
  }

  static Received open(EnrollmentKeys keys, Enroll message) throws DropException {
    byte[] attributes =
        keys.open(message).orElseThrow(() -> new DropException(EnrollmentDrop.BAD_MAC));
    try {
      return new Received(message.nonce(), Blobmsg.decode(attributes));
    } catch (MalformedBlobException e) {
      throw new DropException(EnrollmentDrop.MALFORMED);
    }
  }

  /** The send counter is the own session's, so that it rises for every receiver. */
  final Send send(EnrollmentKeys keys, Endpoint destination, int op, byte[] attributes) {
    return new Send(destination, keys.seal(op, sendCounter++, attributes));
  }

  /**
   * Encodes attributes.
   *
   * @throws IllegalArgumentException if one message does not hold them
   */
  static byte[] encode(Map<String, BlobValue> attributes) {
    byte[] octets = Blobmsg.encode(new BlobValue.Table(attributes));
    if (octets.length > Enroll.MAX_DATA) {
      throw new IllegalArgumentException(
          "info: the attributes of one message have "
              + octets.length
              + " octets, but at most "
              + Enroll.MAX_DATA
              + " are possible");
    }
    return octets;
  }

  static BlobValue text(byte[] octets) {
    return new BlobValue.Text(PublicKey.of(octets).toString());
  }

  static AuthKey noKey() {
    return NO_KEY;
  }
}
