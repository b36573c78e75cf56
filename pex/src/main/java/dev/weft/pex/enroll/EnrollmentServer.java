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
import dev.weft.peer.PublicKey;
import dev.weft.pex.enroll.EnrollmentEffect.Changed;
import dev.weft.pex.enroll.EnrollmentEffect.Enrolled;
import dev.weft.pex.message.Enroll;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Takes new hosts into a network: the side of a host that is in it. Nobody is accepted but by
 * {@link #accept} or, if the offer says so, by proving its secret. Confined to its owner's queue.
 * Source: PEX §13.
 *
 * <p>Stricter or more helpful than the recorded daemon, and compatible with it:
 *
 * <ul>
 *   <li>A discovery of a known session is answered, to where it came from, and changes nothing. So
 *       a client whose announcement was lost is not left alone, and a forged discovery redirects
 *       nothing (PEX §19, quirk 19).
 *   <li>A client that announces itself again after it was accepted is sent the confirm again.
 *   <li>An accept is taken only from an accepted client, and its hash is checked: it covers what
 *       the confirm said, so a right client cannot get it wrong (quirk 20).
 *   <li>A session keeps its host key. When all places are taken, a client that proves the secret
 *       replaces the oldest that did not.
 * </ul>
 *
 * @since 0.1.0
 */
public final class EnrollmentServer extends EnrollmentSession {

  private final EnrollmentOffer offer;
  private final AuthKey authKey;
  private final byte[] discovery;
  private final Map<PublicKey, BlobValue.Table> infoByClient = new HashMap<>();

  /**
   * Starts.
   *
   * @param random 64 octets are taken for the session's secrets
   * @param nowNanos the monotonic clock; the timeout starts here
   * @throws IllegalArgumentException if an info is too long for one message
   */
  public EnrollmentServer(EnrollmentOffer offer, RandomSource random, long nowNanos) {
    super(offer.secret(), offer.timeout(), random, nowNanos);
    this.offer = offer;
    authKey = offer.authKey().orElse(noKey());
    discovery = encode(Map.of(INFO, offer.serverInfo()));
    confirm(offer.info(), Optional.of(new byte[PublicKey.LENGTH])); // so that it is not too long
  }

  @Override
  void handle(Endpoint source, Enroll message, long nowNanos, List<EnrollmentEffect> effects)
      throws DropException {
    switch (message.op()) {
      case CLIENT_DISCOVERY -> onDiscovery(source, message, nowNanos, effects);
      case CLIENT_ANNOUNCE -> onAnnounce(source, message, nowNanos, effects);
      case CLIENT_ACCEPT -> onAccept(source, message, effects);
      case SERVER_DISCOVERY, SERVER_CONFIRM -> throw new DropException(EnrollmentDrop.WRONG_ROLE);
      default -> throw new DropException(EnrollmentDrop.UNKNOWN_OP);
    }
  }

  /** Answers and keeps nothing: it is not authenticated. */
  private void onDiscovery(
      Endpoint source, Enroll message, long nowNanos, List<EnrollmentEffect> effects)
      throws DropException {
    requireAllowance(nowNanos);
    Optional<PeerState> known = peer(message.session());
    if (known.isPresent()) {
      effects.add(send(known.get().keys, source, SERVER_DISCOVERY, discovery));
      return;
    }
    if (isFull() && sharedSecret().isEmpty()) {
      throw new DropException(EnrollmentDrop.FULL);
    }
    EnrollmentKeys keys = agree(message.session());
    try {
      effects.add(send(keys, source, SERVER_DISCOVERY, discovery));
    } finally {
      keys.destroy();
    }
  }

  private void onAnnounce(
      Endpoint source, Enroll message, long nowNanos, List<EnrollmentEffect> effects)
      throws DropException {
    requireAllowance(nowNanos);
    Optional<PeerState> known = peer(message.session());
    if (known.isPresent()) {
      announcedAgain(known.get(), source, message, effects);
      return;
    }
    EnrollmentKeys keys = agree(message.session());
    boolean kept = false;
    try {
      Announced announced = announced(message.session(), open(keys, message));
      if (isFull() && !(announced.secretProven && forgetOldestStranger())) {
        throw new DropException(EnrollmentDrop.FULL);
      }
      PeerState peer =
          new PeerState(message.session(), keys, announced.hostKey, source, announced.message);
      peer.secretProven = announced.secretProven;
      add(peer);
      kept = true;
      effects.add(new Changed(peer.snapshot()));
      acceptIfProven(peer, effects);
    } finally {
      if (!kept) {
        keys.destroy();
      }
    }
  }

  private void announcedAgain(
      PeerState peer, Endpoint source, Enroll message, List<EnrollmentEffect> effects)
      throws DropException {
    Received received = open(peer.keys, message);
    if (!peer.isFresh(received)) {
      throw new DropException(EnrollmentDrop.REPLAYED);
    }
    Announced announced = announced(message.session(), received);
    if (!announced.hostKey.equals(peer.hostKey)) {
      throw new DropException(EnrollmentDrop.CHANGED_KEY);
    }
    peer.follow(source, received);
    if (peer.accepted) {
      confirm(peer, effects);
      return;
    }
    EnrollmentPeer before = peer.snapshot();
    peer.info = received.attributes().table(INFO).orElse(peer.info);
    peer.secretProven |= announced.secretProven;
    if (!peer.snapshot().equals(before)) {
      effects.add(new Changed(peer.snapshot()));
    }
    acceptIfProven(peer, effects);
  }

  /** A client's announcement whose hash is right. */
  private record Announced(Received message, PublicKey hostKey, boolean secretProven) {}

  private Announced announced(PublicKey session, Received message) throws DropException {
    PublicKey hostKey =
        message.key(KEY).orElseThrow(() -> new DropException(EnrollmentDrop.INCOMPLETE));
    if (message.key(HASH).isEmpty() || message.attributes().table(INFO).isEmpty()) {
      throw new DropException(EnrollmentDrop.INCOMPLETE);
    }
    byte[] hostSecret = hostSecret(hostKey);
    try {
      if (!message.proves(HASH, EnrollmentKeys.announceHash(hostSecret))) {
        throw new DropException(EnrollmentDrop.BAD_HASH);
      }
      boolean proven =
          sharedSecret()
              .filter(secret -> message.key(SECRET).isPresent())
              .filter(secret -> message.proves(SECRET, secret.clientProof(session, hostSecret)))
              .isPresent();
      return new Announced(message, hostKey, proven);
    } finally {
      Secrets.erase(hostSecret);
    }
  }

  private void acceptIfProven(PeerState peer, List<EnrollmentEffect> effects) {
    if (offer.autoAccept() && peer.secretProven && !peer.accepted) {
      accept(peer, effects);
    }
  }

  /**
   * The operator accepts a client and tells it something of its own instead of {@link
   * EnrollmentOffer#info}.
   *
   * @param id {@link EnrollmentPeer#id}
   * @return what to do, in order; nothing if there is no such session (any more)
   * @throws IllegalArgumentException if the info is too long for one message
   */
  public List<EnrollmentEffect> accept(PublicKey id, BlobValue.Table info, long nowNanos) {
    Optional<PeerState> peer = peer(id);
    if (peer.isEmpty()) {
      return List.of();
    }
    confirm(info, Optional.of(new byte[PublicKey.LENGTH])); // so that it is not too long
    infoByClient.put(id, info);
    return accept(id, nowNanos);
  }

  @Override
  void accept(PeerState peer, List<EnrollmentEffect> effects) {
    boolean first = !peer.accepted;
    peer.accepted = true;
    if (first) {
      effects.add(new Changed(peer.snapshot()));
    }
    confirm(peer, effects);
  }

  private void confirm(PeerState peer, List<EnrollmentEffect> effects) {
    Optional<byte[]> proof =
        sharedSecret().filter(secret -> peer.secretProven).map(s -> s.serverProof(peer.id));
    BlobValue.Table info = infoByClient.getOrDefault(peer.id, offer.info());
    effects.add(send(peer.keys, peer.address, SERVER_CONFIRM, confirm(info, proof)));
  }

  private byte[] confirm(BlobValue.Table info, Optional<byte[]> proof) {
    Map<String, BlobValue> attributes = new LinkedHashMap<>();
    attributes.put(INFO, info);
    attributes.put(KEY, text(authKey.octets()));
    proof.ifPresent(octets -> attributes.put(SECRET, text(octets)));
    return encode(attributes);
  }

  private void onAccept(Endpoint source, Enroll message, List<EnrollmentEffect> effects)
      throws DropException {
    PeerState peer =
        peer(message.session())
            .orElseThrow(() -> new DropException(EnrollmentDrop.UNKNOWN_SESSION));
    Received received = open(peer.keys, message);
    if (received.key(HASH).isEmpty()) {
      throw new DropException(EnrollmentDrop.INCOMPLETE);
    }
    if (!received.proves(HASH, EnrollmentKeys.acceptHash(authKey, sessionKey()))) {
      throw new DropException(EnrollmentDrop.BAD_HASH);
    }
    if (!peer.accepted) {
      throw new DropException(EnrollmentDrop.WRONG_STATE);
    }
    peer.follow(source, received);
    if (!peer.confirmed) {
      peer.confirmed = true;
      effects.add(new Changed(peer.snapshot()));
      effects.add(new Enrolled(peer.snapshot()));
    }
  }

  @Override
  void tick(long nowNanos, List<EnrollmentEffect> effects) {
    // Only the end has a time.
  }

  @Override
  long nanosToTick(long nowNanos) {
    return NEVER;
  }

  @Override
  void eraseOthers() {
    infoByClient.clear();
  }
}
