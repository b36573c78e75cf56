// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.dataplane.userspace.device.HandshakeState.InitiationConsumed;
import dev.weft.dataplane.userspace.device.HandshakeState.ResponseConsumed;
import dev.weft.dataplane.userspace.device.HandshakeState.StaticDecrypted;
import dev.weft.dataplane.userspace.message.CookieReply;
import dev.weft.dataplane.userspace.message.HandshakeInitiation;
import dev.weft.dataplane.userspace.message.HandshakeResponse;
import dev.weft.dataplane.userspace.message.MalformedMessageException;
import dev.weft.dataplane.userspace.message.MessageType;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The path of handshake messages: macs, cookies and limits before anything costly, then the
 * handshake, then a session. Owned by the device's thread. Source: WG §5.3, §5.4.
 */
final class HandshakePath {

  private static final Logger LOG = LoggerFactory.getLogger(HandshakePath.class);

  private final DeviceState device;
  private final CookieChecker cookieChecker;
  private final RateLimiter rateLimiter = new RateLimiter();
  private final LoadGauge loadGauge = new LoadGauge();

  HandshakePath(DeviceState device) {
    this.device = device;
    this.cookieChecker = new CookieChecker(device.environment.random());
  }

  /**
   * Starts a handshake, unless one was started just before; then it follows as soon as it may. Does
   * nothing while the peer's endpoint is unknown.
   */
  void initiate(Peer peer, long nowNanos, DeviceSink sink) {
    peer.timers().onHandshakeWanted(nowNanos);
    sendInitiation(peer, nowNanos, sink);
  }

  /** An initiation was not answered: repeats it, or gives up. WG §6.4. */
  void retransmit(Peer peer, long nowNanos, DeviceSink sink) {
    // Without endpoint nothing would be sent, and so nothing would ever come back to the keys.
    if (peer.timers().isAttemptOver(nowNanos) || peer.endpoint() == null) {
      LOG.debug("peer {}: the handshake was given up", peer);
      peer.timers().onAttemptOver(nowNanos);
      device.discardStaged(peer, DropReason.STAGED_DISCARDED);
    } else {
      sendInitiation(peer, nowNanos, sink);
    }
  }

  /**
   * Takes in a handshake message or a cookie.
   *
   * @return the peer that an initiated session now exists with; null if none
   */
  @Nullable Peer receive(
      MessageType type, PacketBuffer datagram, Endpoint source, long nowNanos, DeviceSink sink) {
    byte[] message = datagram.toByteArray();
    try {
      if (type == MessageType.COOKIE_REPLY) {
        consumeCookieReply(CookieReply.decode(ByteBuffer.wrap(message)), nowNanos);
        return null;
      }
      if (!isAdmitted(message, source, nowNanos, sink)) {
        return null;
      }
      if (type == MessageType.HANDSHAKE_INITIATION) {
        consumeInitiation(
            HandshakeInitiation.decode(ByteBuffer.wrap(message)), source, nowNanos, sink);
        return null;
      }
      return consumeResponse(
          HandshakeResponse.decode(ByteBuffer.wrap(message)), source, nowNanos, sink);
    } catch (DroppedException e) {
      device.drops.count(e.reason());
    } catch (MalformedMessageException e) {
      device.drops.count(DropReason.MALFORMED);
    }
    return null;
  }

  /** Erases the cookie secret. */
  void destroy() {
    cookieChecker.destroy();
  }

  private void sendInitiation(Peer peer, long nowNanos, DeviceSink sink) {
    Handshake handshake = peer.handshake();
    if (device.suspended || device.closed || device.keyless || peer.endpoint() == null) {
      return;
    }
    if (handshake.wasJustSent(nowNanos)) {
      peer.timers().onInitiationDelayed(handshake.nextSendNanos());
      return;
    }
    device.eraseHandshake(peer);
    int localIndex = device.environment.allocateIndex();
    HandshakeInitiation message;
    try {
      message =
          handshake.createInitiation(
              device.local,
              localIndex,
              device.environment.wallClock(),
              device.environment.random());
    } catch (DroppedException e) {
      device.environment.releaseIndex(localIndex);
      device.drops.count(e.reason());
      device.discardStaged(peer, e.reason());
      return;
    }
    device.indices.put(localIndex, handshake);
    handshake.onSent(nowNanos);
    send(peer, message.toByteArray(), nowNanos, sink);
    peer.timers().onInitiationSent(nowNanos);
    LOG.debug("peer {}: initiation sent", peer);
  }

  /** The cheap checks, which need no state of the source. WG §5.3. */
  private boolean isAdmitted(byte[] message, Endpoint source, long nowNanos, DeviceSink sink)
      throws DroppedException {
    CookieKeys keys = device.local.cookieKeys();
    if (device.keyless || !keys.verifyMac1(message)) {
      throw new DroppedException(DropReason.MAC1_INVALID);
    }
    if (!loadGauge.onHandshakeMessage(nowNanos)) {
      return true;
    }
    if (!cookieChecker.verifyMac2(message, source, nowNanos)) {
      byte[] reply = cookieChecker.createReply(message, keys, source, nowNanos).toByteArray();
      if (!sink.toNetwork(datagram(reply), source)) {
        device.drops.count(DropReason.UNDERLAY);
      }
      throw new DroppedException(DropReason.COOKIE_REQUIRED);
    }
    if (!rateLimiter.allow(source.address(), nowNanos)) {
      throw new DroppedException(DropReason.RATE_LIMITED);
    }
    return true;
  }

  private void consumeInitiation(
      HandshakeInitiation message, Endpoint source, long nowNanos, DeviceSink sink)
      throws DroppedException {
    StaticDecrypted decrypted = Handshake.decryptStatic(device.local, message);
    try {
      answer(decrypted, message, source, nowNanos, sink);
    } catch (DroppedException e) {
      decrypted.symmetric().destroy();
      throw e;
    }
  }

  private void answer(
      StaticDecrypted decrypted,
      HandshakeInitiation message,
      Endpoint source,
      long nowNanos,
      DeviceSink sink)
      throws DroppedException {
    Peer peer = device.peers.get(decrypted.initiator());
    if (peer == null) {
      throw new DroppedException(DropReason.UNKNOWN_PEER);
    }
    Handshake handshake = peer.handshake();
    InitiationConsumed consumed =
        handshake.consumeInitiation(device.local, decrypted, message, nowNanos);
    onAuthenticated(peer, source, HandshakeInitiation.LENGTH, nowNanos, sink);
    int localIndex = device.environment.allocateIndex();
    Handshake.Response response;
    try {
      response =
          handshake.createResponse(
              consumed, localIndex, peer.presharedKey(), device.environment.random());
    } catch (DroppedException e) {
      device.environment.releaseIndex(localIndex);
      throw e;
    }
    Keypair session = Keypair.derive(peer, response.state(), device.environment.aead(), nowNanos);
    device.indices.put(localIndex, session);
    device.replaceKeypairs(peer, peer.keypairs().withResponded(session));
    peer.timers().onSessionDerived(nowNanos);
    handshake.onSent(nowNanos);
    send(peer, response.message().toByteArray(), nowNanos, sink);
    LOG.debug("peer {}: initiation answered", peer);
  }

  private Peer consumeResponse(
      HandshakeResponse message, Endpoint source, long nowNanos, DeviceSink sink)
      throws DroppedException {
    if (!(device.indices.lookup(message.receiver()) instanceof Handshake handshake)) {
      throw new DroppedException(DropReason.UNKNOWN_RECEIVER);
    }
    Peer peer = handshake.peer();
    ResponseConsumed consumed =
        handshake.consumeResponse(device.local, message, peer.presharedKey());
    onAuthenticated(peer, source, HandshakeResponse.LENGTH, nowNanos, sink);
    Keypair session = Keypair.derive(peer, consumed, device.environment.aead(), nowNanos);
    // The index passes from the handshake to the session.
    device.indices.put(session.localIndex(), session);
    device.replaceKeypairs(peer, peer.keypairs().withInitiated(session));
    peer.timers().onSessionDerived(nowNanos);
    peer.onHandshakeComplete(nowNanos, device.environment.wallClock());
    sink.onHandshakeCompleted(peer.publicKey());
    LOG.debug("peer {}: response received", peer);
    return peer;
  }

  private void consumeCookieReply(CookieReply reply, long nowNanos) throws DroppedException {
    IndexEntry entry = device.indices.lookup(reply.receiver());
    if (entry == null) {
      throw new DroppedException(DropReason.UNKNOWN_RECEIVER);
    }
    // Not a sign of life, and no reason to move the endpoint: whoever sees an initiation can send
    // it.
    entry.peer().cookies().consumeReply(reply, nowNanos);
    LOG.debug("peer {}: cookie received", entry.peer());
  }

  private void onAuthenticated(
      Peer peer, Endpoint source, int octets, long nowNanos, DeviceSink sink) {
    if (peer.onAuthenticated(source, octets, nowNanos)) {
      sink.onEndpointChanged(peer.publicKey(), source);
    }
  }

  private void send(Peer peer, byte[] message, long nowNanos, DeviceSink sink) {
    peer.cookies().addMacs(message, nowNanos);
    peer.timers().onAuthenticatedSent(nowNanos);
    Endpoint endpoint = peer.endpoint();
    if (endpoint == null) {
      device.drops.count(DropReason.NO_ENDPOINT);
    } else if (sink.toNetwork(datagram(message), endpoint)) {
      peer.onSent(message.length);
    } else {
      device.drops.count(DropReason.UNDERLAY);
    }
  }

  private static PacketBuffer datagram(byte[] message) {
    PacketBuffer datagram = new PacketBuffer(MemorySegment.ofArray(message), 0);
    datagram.setLength(message.length);
    return datagram;
  }
}
