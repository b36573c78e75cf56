// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.dataplane.userspace.device.HandshakeState.InitiationCreated;
import dev.weft.dataplane.userspace.message.MessageType;
import dev.weft.dataplane.userspace.message.TransportDataLayout;
import dev.weft.peer.PresharedKey;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.Change;
import dev.weft.spi.PeerSnapshot;
import dev.weft.spi.PeerUpdate;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import dev.weft.transport.PacketBatch;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A WireGuard interface without I/O, clock or threads: takes packets, datagrams and the monotonic
 * time, and hands results to the {@link DeviceSink} of the call, before it returns. Broken and
 * hostile input is counted ({@link #drops()}) and never answered, and leaves nothing behind.
 *
 * <p>Owned by one thread at a time (a queue's, or whoever holds the lock of a runner with several
 * workers), but for {@link #claimsInitiation} and {@link #peerFor}, which are thread-safe, and for
 * what workers do with an open {@link SendRun} or {@link ReceiveRun}. Times are nanoseconds of one
 * monotonic clock and never go back; they are compared by difference. The memory of packets and
 * datagrams is used during a call only and changed in place. Source: the WireGuard whitepaper.
 */
public final class WireGuardDevice {

  /** Octets that {@link #sendIpPacket} needs before a packet, for the transport header. */
  public static final int HEAD_ROOM = TransportDataLayout.PACKET;

  /** Octets that {@link #sendIpPacket} needs behind a packet, for padding and tag. */
  public static final int TAIL_ROOM =
      TransportDataLayout.PADDING - 1 + TransportDataLayout.TAG_LENGTH;

  private static final Logger LOG = LoggerFactory.getLogger(WireGuardDevice.class);

  private static final Timer[] TIMERS = Timer.values();
  private static final Duration LONGEST_KEEPALIVE = Duration.ofSeconds(65_535);

  private final DeviceState device;
  private final HandshakePath handshakes;
  private final TransportPath transport;

  /**
   * A device without peers.
   *
   * @param key copied; the caller may destroy it
   * @param mtuOctets of the inner interface: padding does not go beyond it; 0 is no limit
   */
  public WireGuardDevice(PrivateKey key, int mtuOctets, DeviceEnvironment environment) {
    device = new DeviceState(new LocalIdentity(key), mtuOctets, environment);
    handshakes = new HandshakePath(device);
    transport = new TransportPath(device, handshakes);
  }

  /**
   * Adds, changes or removes a peer. A peer with the device's own key is refused; a change or
   * removal of an unknown one does nothing.
   */
  public void apply(PeerUpdate update, long nowNanos, DeviceSink sink) {
    if (device.closed) {
      return;
    }
    switch (update) {
      case PeerUpdate.Create create -> create(create, nowNanos, sink);
      case PeerUpdate.Update change -> update(change, nowNanos, sink);
      case PeerUpdate.Delete(PublicKey key) -> remove(key);
    }
  }

  /**
   * Replaces the private key. All sessions end, and those that were in use are made anew at once. A
   * peer that has the new key itself is removed. The same key changes nothing.
   *
   * @param key copied; the caller may destroy it
   */
  public void setPrivateKey(PrivateKey key, long nowNanos, DeviceSink sink) {
    LocalIdentity former = device.local;
    LocalIdentity local = new LocalIdentity(key);
    if (device.closed || (!device.keyless && local.publicKey().equals(former.publicKey()))) {
      local.destroy();
      return;
    }
    remove(local.publicKey());
    device.local = local;
    device.keyless = false;
    former.destroy();
    for (Peer peer : device.peers.values()) {
      boolean inUse = isInUse(peer);
      endSessions(peer);
      if (inUse) {
        handshakes.initiate(peer, nowNanos, sink);
      }
    }
  }

  /**
   * Takes the private key away: all sessions end, and no handshake is started or answered until
   * {@link #setPrivateKey}.
   */
  public void clearPrivateKey() {
    if (device.closed || device.keyless) {
      return;
    }
    device.keyless = true;
    LocalIdentity former = device.local;
    device.local = new LocalIdentity(PrivateKey.generate(device.environment.random()));
    former.destroy();
    for (Peer peer : device.peers.values()) {
      endSessions(peer);
    }
  }

  /**
   * Encrypts IP packets, in place, and sends them, or keeps copies until there is a session.
   * Consecutive packets of one peer share most of the work.
   *
   * @param batch packets with {@link #HEAD_ROOM} and {@link #TAIL_ROOM}; their content is undefined
   *     afterwards
   */
  public void sendIpPackets(PacketBatch batch, long nowNanos, DeviceSink sink) {
    if (!device.isStopped(batch.size())) {
      transport.send(batch, nowNanos, sink);
    }
  }

  /** The same for one packet. */
  public void sendIpPacket(PacketBuffer packet, long nowNanos, DeviceSink sink) {
    if (!device.isStopped(1)) {
      transport.send(packet, nowNanos, sink);
    }
  }

  /**
   * Takes in a datagram, decrypting it in place.
   *
   * @param datagram any octets; undefined afterwards
   */
  public void receiveDatagram(
      PacketBuffer datagram, Endpoint source, long nowNanos, DeviceSink sink) {
    if (device.isStopped(1)) {
      return;
    }
    MessageType type = MessageType.of(datagram);
    if (type == null) {
      device.drops.count(DropReason.MALFORMED);
      return;
    }
    switch (type) {
      case TRANSPORT_DATA -> transport.receive(datagram, source, nowNanos, sink);
      case HANDSHAKE_INITIATION, HANDSHAKE_RESPONSE, COOKIE_REPLY -> {
        Peer ready = handshakes.receive(type, datagram, source, nowNanos, sink);
        if (ready != null) {
          // At once, even if it is only a keepalive: the responder waits for it. WG §5.4.5.
          transport.sendKeepalive(ready, nowNanos, sink);
        }
      }
    }
  }

  /**
   * Lets a worker encrypt packets to an address by itself. What it seals with the run needs the
   * owner no more, until {@link #endSend}.
   *
   * @param run not open
   * @param isIpv6 the version of the address
   * @param high its first half; of IPv4 the top 32 bits
   * @return false if there is no session, peer or endpoint: {@link #sendIpPackets} then does what
   *     is right
   */
  public boolean beginSend(SendRun run, boolean isIpv6, long high, long low, long nowNanos) {
    return !device.closed && !device.suspended && transport.begin(run, isIpv6, high, low, nowNanos);
  }

  /** Settles what was sent with a run, if it is open. */
  public void endSend(SendRun run, long nowNanos, DeviceSink sink) {
    transport.end(run, nowNanos, sink);
  }

  /**
   * Lets a worker decrypt data messages of one session and source by itself, until {@link
   * #endReceive}.
   *
   * @param run not open
   * @param receiver the index in the message
   * @return false if the message is dropped, and counted
   */
  public boolean beginReceive(ReceiveRun run, int receiver, Endpoint source, long nowNanos) {
    return !device.isStopped(1) && transport.begin(run, receiver, source, nowNanos);
  }

  /** Settles what was received with a run, if it is open. */
  public void endReceive(ReceiveRun run, long nowNanos, DeviceSink sink) {
    transport.end(run, nowNanos, sink);
  }

  /** Whether a datagram is an initiation for this device, judged by mac1 alone. Any thread. */
  public boolean claimsInitiation(PacketBuffer datagram) {
    return !device.closed
        && MessageType.of(datagram) == MessageType.HANDSHAKE_INITIATION
        && device.local.cookieKeys().verifyMac1(datagram.toByteArray());
  }

  /**
   * When to call {@link #onDeadline} next. Nothing is due before; that something is due then is not
   * certain.
   *
   * @throws IllegalStateException without {@link #hasDeadline}
   */
  public long nextDeadlineNanos() {
    return device.deadlines.nextNanos();
  }

  /** Whether any timer is set. */
  public boolean hasDeadline() {
    return !device.deadlines.isEmpty();
  }

  /** Does what is due. */
  public void onDeadline(long nowNanos, DeviceSink sink) {
    for (TimerTable table = device.deadlines.pollDue(nowNanos);
        table != null;
        table = device.deadlines.pollDue(nowNanos)) {
      for (Timer timer : TIMERS) {
        if (table.takeDue(timer, nowNanos)) {
          onTimer(timer, table.peer(), nowNanos, sink);
        }
      }
      table.requeue();
    }
  }

  /** The peer an overlay address belongs to. Any thread. */
  public Optional<PublicKey> peerFor(InetAddress overlayAddress) {
    return Optional.ofNullable(device.allowedIps.lookup(overlayAddress)).map(Peer::publicKey);
  }

  /**
   * Whether a packet to an address leads anywhere, session or not; to be asked when the packet is
   * sent, since its drop is not told.
   *
   * @param isIpv6 the version of the address
   * @param high its first half; of IPv4 the top 32 bits
   */
  public Reachability reachability(boolean isIpv6, long high, long low) {
    Peer peer = device.allowedIps.lookup(isIpv6, high, low);
    if (peer == null) {
      return Reachability.NO_PEER;
    }
    return peer.endpoint() == null ? Reachability.NO_ENDPOINT : Reachability.REACHABLE;
  }

  /** All peers, in the order they were added. */
  public List<PeerSnapshot> peers() {
    return device.peers.values().stream().map(Peer::snapshot).toList();
  }

  /** What all peers are configured with, in the order they were added. */
  public List<PeerSetup> setups() {
    AllowedIps<Peer> table = device.allowedIps;
    return device.peers.values().stream().map(peer -> peer.setup(table)).toList();
  }

  /** What one peer is configured with. */
  public Optional<PeerSetup> setup(PublicKey key) {
    return Optional.ofNullable(device.peers.get(key)).map(peer -> peer.setup(device.allowedIps));
  }

  /** The private key, unless it was cleared. */
  public Optional<PrivateKey> privateKey() {
    return device.keyless || device.closed
        ? Optional.empty()
        : Optional.of(device.local.exportKey());
  }

  /** Removes all peers. */
  public void removePeers() {
    for (PublicKey key : List.copyOf(device.peers.keySet())) {
      remove(key);
    }
  }

  /** The interface has another MTU now. */
  public void setMtu(int octets) {
    device.mtuOctets = octets;
  }

  /** What was dropped, by reason, lower-case with dashes; reasons with zero are absent. */
  public Map<String, Long> drops() {
    return device.drops.snapshot();
  }

  /** Stops traffic and timers until {@link #resume}; only the erasure of keys goes on. */
  public void suspend(long nowNanos) {
    if (device.closed || device.suspended) {
      return;
    }
    device.suspended = true;
    for (Peer peer : device.peers.values()) {
      peer.timers().suspend();
      if (peer.handshake().state() instanceof InitiationCreated) {
        peer.timers().onAttemptOver(nowNanos);
      }
      device.discardStaged(peer, DropReason.SUSPENDED);
    }
  }

  /** Goes on, with a new handshake to each peer that was in use. */
  public void resume(long nowNanos, DeviceSink sink) {
    if (device.closed || !device.suspended) {
      return;
    }
    device.suspended = false;
    for (Peer peer : device.peers.values()) {
      peer.timers().restartPersistentKeepalive(nowNanos);
      if (isInUse(peer)) {
        peer.handshake().forgetSent();
        handshakes.initiate(peer, nowNanos, sink);
      }
    }
  }

  /** Removes all peers and erases all keys. Idempotent; all else is dropped afterwards. */
  public void close() {
    if (device.closed) {
      return;
    }
    removePeers();
    device.closed = true;
    device.local.destroy();
    handshakes.destroy();
  }

  /** For tests. */
  Peer peer(PublicKey key) {
    return Objects.requireNonNull(device.peers.get(key));
  }

  private void create(PeerUpdate.Create create, long nowNanos, DeviceSink sink) {
    PublicKey key = create.publicKey();
    if (key.equals(device.local.publicKey())) {
      LOG.debug("a peer with the own key was refused");
      return;
    }
    Peer peer = new Peer(key, device.deadlines, device.environment.random());
    Peer former = device.peers.put(key, peer);
    if (former != null) {
      peer.handshake().inheritTimestamps(former.handshake());
      erase(former);
    }
    peer.setPresharedKey(create.presharedKey());
    peer.setEndpoint(create.endpoint().orElse(null));
    setAllowedIps(peer, create.allowedIps());
    setPersistentKeepalive(peer, create.persistentKeepalive(), nowNanos, sink);
  }

  private void update(PeerUpdate.Update update, long nowNanos, DeviceSink sink) {
    Peer peer = device.peers.get(update.publicKey());
    if (peer == null) {
      LOG.debug("peer {}: a change came after its removal", update.publicKey().shortName());
      return;
    }
    switch (update.presharedKey()) {
      case Change.Unchanged<?>() -> {}
      case Change.Cleared<?>() -> peer.setPresharedKey(Optional.empty());
      case Change.Set<PresharedKey>(var key) -> peer.setPresharedKey(Optional.of(key));
    }
    boolean becomesReachable = false;
    switch (update.endpoint()) {
      case Change.Unchanged<?>() -> {}
      case Change.Cleared<?>() -> {
        peer.setEndpoint(null);
        device.discardStaged(peer, DropReason.NO_ENDPOINT);
      }
      case Change.Set<Endpoint>(var endpoint) -> {
        becomesReachable = peer.endpoint() == null;
        peer.setEndpoint(endpoint);
      }
    }
    switch (update.allowedIps()) {
      case Change.Unchanged<?>() -> {}
      case Change.Cleared<?>() -> setAllowedIps(peer, List.of());
      case Change.Set<List<IpPrefix>>(var prefixes) -> setAllowedIps(peer, prefixes);
    }
    switch (update.persistentKeepalive()) {
      case Change.Unchanged<?>() -> {}
      case Change.Cleared<?>() -> setPersistentKeepalive(peer, Duration.ZERO, nowNanos, sink);
      case Change.Set<Duration>(var interval) ->
          setPersistentKeepalive(peer, interval, nowNanos, sink);
    }
    if (becomesReachable
        && (peer.timers().persistentKeepaliveNanos() > 0 || peer.stagedCount() > 0)) {
      // What failed for want of an endpoint.
      transport.sendKeepalive(peer, nowNanos, sink);
    }
  }

  private void endSessions(Peer peer) {
    device.eraseSessions(peer);
    peer.handshake().eraseStaticStatic();
    peer.handshake().forgetSent();
  }

  private void remove(PublicKey key) {
    Peer peer = device.peers.remove(key);
    if (peer != null) {
      erase(peer);
    }
  }

  private void erase(Peer peer) {
    setAllowedIps(peer, List.of());
    peer.timers().stop();
    device.discardStaged(peer, DropReason.STAGED_DISCARDED);
    device.eraseSessions(peer);
    peer.handshake().eraseStaticStatic();
    peer.setPresharedKey(Optional.empty());
  }

  /** Other peers' equal prefixes move here. Readers see the old table or the new one. */
  private void setAllowedIps(Peer peer, List<IpPrefix> prefixes) {
    AllowedIps<Peer> table = device.allowedIps;
    for (IpPrefix prefix : peer.allowedIps()) {
      table = table.without(prefix, peer);
    }
    for (IpPrefix prefix : prefixes) {
      table = table.with(prefix, peer);
    }
    peer.setAllowedIps(prefixes);
    device.allowedIps = table;
  }

  private void setPersistentKeepalive(
      Peer peer, Duration interval, long nowNanos, DeviceSink sink) {
    boolean wasOff = peer.timers().persistentKeepaliveNanos() == 0;
    boolean isOff = interval.isZero() || interval.isNegative();
    Duration bounded = interval.compareTo(LONGEST_KEEPALIVE) > 0 ? LONGEST_KEEPALIVE : interval;
    peer.timers().setPersistentKeepalive(isOff ? 0 : bounded.toNanos(), nowNanos);
    if (wasOff && !isOff) {
      transport.sendKeepalive(peer, nowNanos, sink);
    }
  }

  private static boolean isInUse(Peer peer) {
    return peer.keypairs().current() != null
        || peer.keypairs().next() != null
        || peer.handshake().state() instanceof InitiationCreated
        || peer.timers().persistentKeepaliveNanos() > 0;
  }

  private void onTimer(Timer timer, Peer peer, long nowNanos, DeviceSink sink) {
    if (device.suspended && timer != Timer.ZERO_KEY_MATERIAL) {
      return;
    }
    switch (timer) {
      case RETRANSMIT_HANDSHAKE -> handshakes.retransmit(peer, nowNanos, sink);
      case SEND_KEEPALIVE -> transport.sendKeepalive(peer, nowNanos, sink);
      case NEW_HANDSHAKE -> handshakes.initiate(peer, nowNanos, sink);
      case ZERO_KEY_MATERIAL -> device.eraseSessions(peer);
      case PERSISTENT_KEEPALIVE -> {
        peer.timers().restartPersistentKeepalive(nowNanos);
        transport.sendKeepalive(peer, nowNanos, sink);
      }
    }
  }
}
