// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.dataplane.userspace.message.IpLayout;
import dev.weft.dataplane.userspace.message.TransportDataLayout;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBatch;
import dev.weft.transport.PacketBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The path of data packets, both ways. Consecutive outbound packets of one peer are a run: they
 * share the lookup, the reservation of counters and the timers. Owned by the device's thread.
 * Source: WG §5.4.6, §6.
 */
final class TransportPath {

  private static final byte[] ZEROS = new byte[TransportDataLayout.PADDING];

  private final DeviceState device;
  private final HandshakePath handshakes;
  private final ReceiveRun received = new ReceiveRun(Keypair.OWNER);
  private PacketBuffer[] run = new PacketBuffer[1];

  /** The last destination and its peer, valid within one batch. */
  private boolean lastIpv6;

  private long lastHigh;
  private long lastLow;
  private @Nullable Peer lastPeer;

  TransportPath(DeviceState device, HandshakePath handshakes) {
    this.device = device;
    this.handshakes = handshakes;
  }

  void send(PacketBatch batch, long nowNanos, DeviceSink sink) {
    lastPeer = null;
    if (run.length < batch.size()) {
      run = new PacketBuffer[batch.capacity()];
    }
    Peer peer = null;
    int count = 0;
    for (int i = 0; i < batch.size(); i++) {
      PacketBuffer packet = batch.get(i);
      Peer next = route(packet);
      if (next == null) {
        continue;
      }
      if (peer != null && next != peer) {
        sendRun(peer, count, nowNanos, sink);
        count = 0;
      }
      peer = next;
      run[count++] = packet;
    }
    if (peer != null) {
      sendRun(peer, count, nowNanos, sink);
    }
  }

  void send(PacketBuffer packet, long nowNanos, DeviceSink sink) {
    lastPeer = null;
    Peer peer = route(packet);
    if (peer != null) {
      run[0] = packet;
      sendRun(peer, 1, nowNanos, sink);
    }
  }

  /** Takes in a datagram of at least the length of a keepalive. */
  void receive(PacketBuffer datagram, Endpoint source, long nowNanos, DeviceSink sink) {
    int receiver = TransportDataLayout.receiver(datagram);
    if (!begin(received, receiver, source, nowNanos)) {
      return;
    }
    Keypair session = Objects.requireNonNull(received.session());
    MemorySegment memory = datagram.segment();
    long body = datagram.offset() + TransportDataLayout.PACKET;
    int padded = received.open(memory, datagram.offset(), datagram.length(), memory, body);
    end(received, nowNanos, sink);
    if (padded > 0) {
      datagram.set(body, padded);
      deliver(session.peer(), datagram, sink);
    }
  }

  /** Opens a run for data messages with that index; false if they are dropped, and counted. */
  boolean begin(ReceiveRun run, int receiver, Endpoint source, long nowNanos) {
    if (!(device.indices.lookup(receiver) instanceof Keypair session)) {
      device.drops.count(DropReason.UNKNOWN_RECEIVER);
      return false;
    }
    if (session.isExpired(nowNanos)) {
      device.drops.count(DropReason.SESSION_EXPIRED);
      return false;
    }
    Keypair.Lane lane = session.lane(run.lane(), device.environment.aead());
    session.acquire();
    run.open(device, session, lane.opening(), receiver, source);
    return true;
  }

  /** Settles what the messages of a run mean for their peer. */
  void end(ReceiveRun run, long nowNanos, DeviceSink sink) {
    Keypair session = run.session();
    if (session == null) {
      return;
    }
    Peer peer = session.peer();
    if (run.isAuthentic() && device.isActive(peer)) {
      if (peer.onAuthenticated(run.source(), run.octets(), nowNanos)) {
        sink.onEndpointChanged(peer.publicKey(), run.source());
      }
      if (run.hasData()) {
        peer.timers().onDataReceived(nowNanos);
      }
      peer.onPacketsDelivered(run.delivered());
      if (session == peer.keypairs().next()) {
        confirm(peer, nowNanos, sink);
      }
      keepFreshOnReceive(peer, nowNanos, sink);
    }
    run.close();
    session.release();
  }

  /** Opens a run for packets to that address; false if they must go the slow way. */
  boolean begin(SendRun run, boolean isIpv6, long high, long low, long nowNanos) {
    Peer peer = device.allowedIps.lookup(isIpv6, high, low);
    Endpoint endpoint = peer == null ? null : peer.endpoint();
    Keypair session = peer == null ? null : peer.usableKeypair(nowNanos);
    // What waits goes first.
    if (peer == null || endpoint == null || session == null || peer.stagedCount() > 0) {
      return false;
    }
    Keypair.Lane lane = session.lane(run.lane(), device.environment.aead());
    session.acquire();
    run.open(device, peer, session, lane.sealing(), endpoint);
    run.remember(isIpv6, high, low);
    return true;
  }

  /** Settles what the packets of a run mean for their peer. */
  void end(SendRun run, long nowNanos, DeviceSink sink) {
    Keypair session = run.session();
    if (session == null) {
      return;
    }
    Peer peer = session.peer();
    if (run.packets() > 0 && device.isActive(peer)) {
      peer.onSent(run.octets());
      peer.onPacketsSent(run.packets());
      onDataSent(peer, session, nowNanos, sink);
    }
    run.close();
    session.release();
  }

  /** Sends what waits for a session; without session starts a handshake. False if nothing waits. */
  boolean sendStaged(Peer peer, long nowNanos, DeviceSink sink) {
    int count = peer.stagedCount();
    if (count == 0) {
      return false;
    }
    Endpoint endpoint = peer.endpoint();
    Keypair session = peer.usableKeypair(nowNanos);
    long counter = session == null ? Keypair.REFUSED : session.reserve(count);
    if (session == null || endpoint == null || counter == Keypair.REFUSED) {
      handshakes.initiate(peer, nowNanos, sink);
      return true;
    }
    ArrayDeque<PacketBuffer> staged = device.takeStaged(peer);
    for (PacketBuffer packet : staged) {
      transmit(peer, session, packet, counter++, endpoint, sink);
    }
    onDataSent(peer, session, nowNanos, sink);
    return true;
  }

  /** Sends what waits, or else a keepalive; without session starts a handshake. */
  void sendKeepalive(Peer peer, long nowNanos, DeviceSink sink) {
    Endpoint endpoint = peer.endpoint();
    if (device.suspended || endpoint == null || sendStaged(peer, nowNanos, sink)) {
      return;
    }
    Keypair session = peer.usableKeypair(nowNanos);
    long counter = session == null ? Keypair.REFUSED : session.reserve(1);
    if (session == null || counter == Keypair.REFUSED) {
      handshakes.initiate(peer, nowNanos, sink);
      return;
    }
    PacketBuffer keepalive =
        PacketBuffer.allocate(WireGuardDevice.HEAD_ROOM, TransportDataLayout.TAG_LENGTH);
    seal(peer, session, keepalive, counter, endpoint, sink);
    peer.timers().onAuthenticatedSent(nowNanos);
    keepFreshOnSend(peer, session, nowNanos, sink);
  }

  /** The peer an outbound packet goes to; null if it was dropped. */
  private @Nullable Peer route(PacketBuffer packet) {
    int length = IpLayout.totalLength(packet);
    if (length == 0) {
      device.drops.count(DropReason.OUTBOUND_MALFORMED);
      return null;
    }
    packet.setLength(length);
    if (packet.headRoom() < WireGuardDevice.HEAD_ROOM
        || packet.tailRoom() < WireGuardDevice.TAIL_ROOM) {
      device.drops.count(DropReason.NO_ROOM);
      return null;
    }
    boolean isIpv6 = IpLayout.isIpv6(packet);
    long high = IpLayout.destinationHigh(packet);
    long low = IpLayout.destinationLow(packet);
    if (lastPeer == null || high != lastHigh || low != lastLow || isIpv6 != lastIpv6) {
      lastPeer = device.allowedIps.lookup(isIpv6, high, low);
      lastHigh = high;
      lastLow = low;
      lastIpv6 = isIpv6;
    }
    if (lastPeer == null) {
      device.drops.count(DropReason.NO_ROUTE);
    } else if (lastPeer.endpoint() == null) {
      device.drops.count(DropReason.NO_ENDPOINT);
      return null;
    }
    return lastPeer;
  }

  private void sendRun(Peer peer, int count, long nowNanos, DeviceSink sink) {
    Endpoint endpoint = peer.endpoint();
    Keypair session = peer.usableKeypair(nowNanos);
    long counter = session == null ? Keypair.REFUSED : session.reserve(count);
    if (session == null || endpoint == null || counter == Keypair.REFUSED) {
      for (int i = 0; i < count; i++) {
        device.stage(peer, run[i]);
      }
      handshakes.initiate(peer, nowNanos, sink);
    } else {
      for (int i = 0; i < count; i++) {
        transmit(peer, session, run[i], counter + i, endpoint, sink);
      }
      onDataSent(peer, session, nowNanos, sink);
    }
  }

  private void transmit(
      Peer peer,
      Keypair session,
      PacketBuffer packet,
      long counter,
      Endpoint endpoint,
      DeviceSink sink) {
    pad(packet);
    if (seal(peer, session, packet, counter, endpoint, sink)) {
      peer.onPacketsSent(1);
    }
  }

  private boolean seal(
      Peer peer,
      Keypair session,
      PacketBuffer packet,
      long counter,
      Endpoint endpoint,
      DeviceSink sink) {
    session.lane(Keypair.OWNER, device.environment.aead());
    session.seal(packet, counter);
    int octets = packet.length();
    if (!sink.toNetwork(packet, endpoint)) {
      device.drops.count(DropReason.UNDERLAY);
      return false;
    }
    peer.onSent(octets);
    return true;
  }

  /** Zeros up to a multiple of 16 octets, but not beyond the MTU. WG §5.4.6. */
  private void pad(PacketBuffer packet) {
    int padding = paddingOf(packet.length(), device.mtuOctets);
    MemorySegment.copy(
        ZEROS,
        0,
        packet.segment(),
        ValueLayout.JAVA_BYTE,
        packet.offset() + packet.length(),
        padding);
    packet.setLength(packet.length() + padding);
  }

  /** A packet longer than the MTU is padded as its last fragment would be. */
  static int paddingOf(int length, int mtuOctets) {
    if (mtuOctets <= 0) {
      return -length & (TransportDataLayout.PADDING - 1);
    }
    int last = length > mtuOctets ? length % mtuOctets : length;
    int padded = (last + TransportDataLayout.PADDING - 1) & -TransportDataLayout.PADDING;
    return Math.min(padded, mtuOctets) - last;
  }

  private void onDataSent(Peer peer, Keypair session, long nowNanos, DeviceSink sink) {
    peer.timers().onAuthenticatedSent(nowNanos);
    peer.timers().onDataSent(nowNanos);
    keepFreshOnSend(peer, session, nowNanos, sink);
  }

  /** WG §6.2: only the initiator minds the age, or both would start a handshake at once. */
  private void keepFreshOnSend(Peer peer, Keypair session, long nowNanos, DeviceSink sink) {
    boolean isWorn =
        Long.compareUnsigned(session.sentMessages(), ProtocolConstants.REKEY_AFTER_MESSAGES) > 0;
    boolean isOld =
        session.isInitiator() && session.ageNanos(nowNanos) >= ProtocolConstants.REKEY_AFTER_TIME;
    if (isWorn || isOld) {
      handshakes.initiate(peer, nowNanos, sink);
    }
  }

  /** WG §6.2: an initiator that only receives asks in time for the answer to arrive, once. */
  private void keepFreshOnReceive(Peer peer, long nowNanos, DeviceSink sink) {
    Keypair current = peer.keypairs().current();
    if (current != null
        && current.isInitiator()
        && current.ageNanos(nowNanos) >= ProtocolConstants.REKEY_ON_RECEIVE_AFTER_TIME
        && peer.timers().takeLastMinuteHandshake()) {
      handshakes.initiate(peer, nowNanos, sink);
    }
  }

  /** The initiator has shown that it has the session too. WG §5.4.5. */
  private void confirm(Peer peer, long nowNanos, DeviceSink sink) {
    device.replaceKeypairs(peer, peer.keypairs().confirmed());
    peer.onHandshakeComplete(nowNanos, device.environment.wallClock());
    sink.onHandshakeCompleted(peer.publicKey());
    sendStaged(peer, nowNanos, sink);
  }

  /** The last act of receiving, so that the sink may send. */
  private void deliver(Peer peer, PacketBuffer packet, DeviceSink sink) {
    int length = IpLayout.totalLength(packet);
    if (length == 0) {
      device.drops.count(DropReason.INNER_MALFORMED);
      return;
    }
    packet.setLength(length);
    Peer owner =
        device.allowedIps.lookup(
            IpLayout.isIpv6(packet), IpLayout.sourceHigh(packet), IpLayout.sourceLow(packet));
    if (owner != peer) {
      device.drops.count(DropReason.SOURCE_NOT_ALLOWED);
      return;
    }
    peer.onPacketsDelivered(1);
    sink.toTunnel(packet, peer.publicKey());
  }
}
