// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import static dev.weft.pex.enroll.EnrollmentOp.CLIENT_ACCEPT;
import static dev.weft.pex.enroll.EnrollmentOp.CLIENT_ANNOUNCE;
import static dev.weft.pex.enroll.EnrollmentOp.CLIENT_DISCOVERY;
import static dev.weft.pex.enroll.EnrollmentOp.HASH;
import static dev.weft.pex.enroll.EnrollmentOp.INFO;
import static dev.weft.pex.enroll.EnrollmentOp.KEY;
import static dev.weft.pex.enroll.EnrollmentOp.SECRET;
import static dev.weft.pex.enroll.EnrollmentOp.SERVER_CONFIRM;
import static dev.weft.pex.enroll.EnrollmentOp.SERVER_DISCOVERY;

import dev.weft.crypto.Secrets;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.enroll.EnrollmentEffect.Changed;
import dev.weft.pex.enroll.EnrollmentEffect.Completed;
import dev.weft.pex.enroll.EnrollmentEffect.Send;
import dev.weft.pex.message.Enroll;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Asks to join a network: the side of a host that is in none. It asks all servers 10 ms after the
 * start and each interval until it accepts one, by {@link #accept} or, if the request says so,
 * because it proved the secret. Confined to its owner's queue. Source: PEX §13.
 *
 * <p>For each server it derives another host key, which leaves here only in {@link Completed}.
 * Unlike the recorded daemon it takes a confirm only once, or with a nonce above the last one, and
 * never with another auth key (PEX §19, quirk 20); one that comes again after the accept is
 * answered with the accept again. It accepts one server only.
 *
 * @since 0.1.0
 */
public final class EnrollmentClient extends EnrollmentSession {

  private static final long FIRST_DISCOVERY_NANOS = Duration.ofMillis(10).toNanos();
  private static final byte[] NO_HMAC = new byte[Enroll.HMAC_LENGTH];
  private static final byte[] NO_DATA = {};

  private final EnrollmentRequest request;
  private final long intervalNanos;
  private final Map<PublicKey, Derived> derived = new LinkedHashMap<>();
  private long nextDiscoveryNanos;
  private boolean discovering = true;

  /** What is derived for a server: the key, and the announcement of it. */
  private static final class Derived {
    final PrivateKey hostKey;
    final PublicKey publicKey;
    final byte[] announcement;

    Derived(PrivateKey hostKey, PublicKey publicKey, byte[] announcement) {
      this.hostKey = hostKey;
      this.publicKey = publicKey;
      this.announcement = announcement;
    }
  }

  /**
   * Starts.
   *
   * @param random 64 octets are taken for the session's secrets
   * @param nowNanos the monotonic clock; the timeout starts here
   * @throws IllegalArgumentException if the info is too long for one message
   */
  public EnrollmentClient(EnrollmentRequest request, RandomSource random, long nowNanos) {
    super(request.secret(), request.timeout(), random, nowNanos);
    this.request = request;
    intervalNanos = request.interval().toNanos();
    nextDiscoveryNanos = nowNanos + FIRST_DISCOVERY_NANOS;
    byte[] longest = new byte[PublicKey.LENGTH];
    announcement(sessionKey(), longest, Optional.of(longest)); // so that it is not too long
  }

  @Override
  void tick(long nowNanos, List<EnrollmentEffect> effects) {
    if (nanosToTick(nowNanos) > 0) {
      return;
    }
    Enroll discovery = new Enroll(CLIENT_DISCOVERY, sessionKey(), NO_HMAC, 0, NO_DATA);
    request.servers().forEach(server -> effects.add(new Send(server, discovery)));
    nextDiscoveryNanos = nowNanos + intervalNanos;
  }

  @Override
  long nanosToTick(long nowNanos) {
    return discovering ? nextDiscoveryNanos - nowNanos : NEVER;
  }

  @Override
  void handle(Endpoint source, Enroll message, long nowNanos, List<EnrollmentEffect> effects)
      throws DropException {
    switch (message.op()) {
      case SERVER_DISCOVERY -> onDiscovery(source, message, nowNanos, effects);
      case SERVER_CONFIRM -> onConfirm(source, message, effects);
      case CLIENT_DISCOVERY, CLIENT_ANNOUNCE, CLIENT_ACCEPT ->
          throw new DropException(EnrollmentDrop.WRONG_ROLE);
      default -> throw new DropException(EnrollmentDrop.UNKNOWN_OP);
    }
  }

  private void onDiscovery(
      Endpoint source, Enroll message, long nowNanos, List<EnrollmentEffect> effects)
      throws DropException {
    if (!discovering) {
      throw new DropException(EnrollmentDrop.WRONG_STATE);
    }
    requireAllowance(nowNanos);
    Optional<PeerState> known = peer(message.session());
    PeerState peer;
    if (known.isPresent()) {
      peer = known.get();
      Received received = open(peer.keys, message);
      if (!peer.isFresh(received)) {
        throw new DropException(EnrollmentDrop.REPLAYED);
      }
      requireInfo(received);
      peer.follow(source, received);
    } else {
      if (isFull()) {
        throw new DropException(EnrollmentDrop.FULL);
      }
      peer = discovered(source, message);
      effects.add(new Changed(peer.snapshot()));
    }
    Derived own = derivedFor(peer);
    effects.add(send(peer.keys, peer.address, CLIENT_ANNOUNCE, own.announcement));
  }

  private PeerState discovered(Endpoint source, Enroll message) throws DropException {
    EnrollmentKeys keys = agree(message.session());
    boolean kept = false;
    try {
      Received received = open(keys, message);
      requireInfo(received);
      Derived own = derive(message.session());
      PeerState peer = new PeerState(message.session(), keys, own.publicKey, source, received);
      derived.put(peer.id, own);
      add(peer);
      kept = true;
      return peer;
    } finally {
      if (!kept) {
        keys.destroy();
      }
    }
  }

  private Derived derive(PublicKey server) throws DropException {
    PrivateKey hostKey = EnrollmentKeys.hostKey(secret(), server);
    byte[] scalar = hostKey.octets();
    Optional<byte[]> agreed = EnrollmentKeys.agree(scalar, server);
    Secrets.erase(scalar);
    if (agreed.isEmpty()) {
      hostKey.destroy();
      throw new DropException(EnrollmentDrop.LOW_ORDER_KEY);
    }
    byte[] hostSecret = agreed.get();
    PublicKey publicKey = hostKey.publicKey();
    Optional<byte[]> proof =
        sharedSecret().map(secret -> secret.clientProof(sessionKey(), hostSecret));
    byte[] hash = EnrollmentKeys.announceHash(hostSecret);
    Secrets.erase(hostSecret);
    return new Derived(hostKey, publicKey, announcement(publicKey, hash, proof));
  }

  private byte[] announcement(PublicKey publicKey, byte[] hash, Optional<byte[]> proof) {
    Map<String, BlobValue> attributes = new LinkedHashMap<>();
    attributes.put(KEY, text(publicKey.octets()));
    attributes.put(HASH, text(hash));
    proof.ifPresent(octets -> attributes.put(SECRET, text(octets)));
    attributes.put(INFO, request.info());
    return encode(attributes);
  }

  private Derived derivedFor(PeerState peer) {
    Derived own = derived.get(peer.id);
    if (own == null) {
      throw new IllegalStateException("a server without a key for it"); // both are added together
    }
    return own;
  }

  private static void requireInfo(Received received) throws DropException {
    if (received.attributes().table(INFO).isEmpty()) {
      throw new DropException(EnrollmentDrop.INCOMPLETE);
    }
  }

  private void onConfirm(Endpoint source, Enroll message, List<EnrollmentEffect> effects)
      throws DropException {
    PeerState peer =
        peer(message.session())
            .orElseThrow(() -> new DropException(EnrollmentDrop.UNKNOWN_SESSION));
    Received received = open(peer.keys, message);
    if (peer.confirmed && !peer.isFresh(received)) {
      throw new DropException(EnrollmentDrop.REPLAYED);
    }
    requireInfo(received);
    AuthKey authKey =
        received
            .key(KEY)
            .map(key -> AuthKey.of(key.octets()))
            .orElseThrow(() -> new DropException(EnrollmentDrop.INCOMPLETE));
    if (peer.authKey.isPresent() && !peer.authKey.get().equals(authKey)) {
      throw new DropException(EnrollmentDrop.CHANGED_KEY);
    }
    peer.follow(source, received);
    if (peer.accepted) {
      sendAccept(peer, effects);
      return;
    }
    peer.confirmed = true;
    peer.authKey = Optional.of(authKey);
    peer.info = received.attributes().table(INFO).orElse(peer.info);
    peer.secretProven |=
        sharedSecret()
            .filter(secret -> received.proves(SECRET, secret.serverProof(sessionKey())))
            .isPresent();
    effects.add(new Changed(peer.snapshot()));
    if (request.autoAccept() && peer.secretProven && discovering) {
      accept(peer, effects);
    }
  }

  @Override
  void accept(PeerState peer, List<EnrollmentEffect> effects) {
    if (peer.accepted) {
      sendAccept(peer, effects);
      return;
    }
    if (!peer.confirmed) {
      throw new IllegalStateException(
          "enrolment session " + peer.keys.session() + " is not confirmed by its server yet");
    }
    if (!discovering) {
      throw new IllegalStateException("another server was accepted in this enrolment");
    }
    peer.accepted = true;
    discovering = false;
    sendAccept(peer, effects);
    EnrollmentPeer now = peer.snapshot();
    effects.add(new Changed(now));
    byte[] scalar = derivedFor(peer).hostKey.octets();
    PrivateKey hostKey = PrivateKey.of(scalar); // the receiver's, so not erased with ours
    Secrets.erase(scalar);
    effects.add(
        new Completed(
            new Enrollment(
                hostKey,
                now.authKey(),
                now.info(),
                now.address(),
                now.session(),
                now.secretProven())));
  }

  private void sendAccept(PeerState peer, List<EnrollmentEffect> effects) {
    AuthKey authKey = peer.authKey.orElse(noKey());
    byte[] hash = EnrollmentKeys.acceptHash(authKey, peer.id);
    effects.add(send(peer.keys, peer.address, CLIENT_ACCEPT, encode(Map.of(HASH, text(hash)))));
  }

  @Override
  void eraseOthers() {
    derived.values().forEach(own -> own.hostKey.destroy());
    derived.clear();
  }
}
