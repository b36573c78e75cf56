// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.crypto.Secrets;
import dev.weft.peer.PresharedKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.PeerSnapshot;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import dev.weft.transport.PacketBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A peer: its keys, where it is, its sessions, timers and counters. Owned by the device's thread.
 */
final class Peer {

  private final PublicKey publicKey;
  private final byte[] publicKeyOctets;
  private final Handshake handshake = new Handshake(this);
  private final CookieGenerator cookies;
  private final PeerTimers timers;
  private final byte[] presharedKey = new byte[32];
  private boolean hasPresharedKey;
  private List<IpPrefix> allowedIps = List.of();
  private @Nullable Endpoint endpoint;
  private volatile Keypairs keypairs = Keypairs.NONE;
  private @Nullable ArrayDeque<PacketBuffer> staged;

  private boolean completed;
  private long completedNanos;
  private @Nullable Instant completedAt;
  private long receivedOctets;
  private long sentOctets;
  private long receivedPackets;
  private long sentPackets;

  Peer(PublicKey publicKey, DeadlineQueue deadlines, RandomSource random) {
    this.publicKey = publicKey;
    this.publicKeyOctets = publicKey.octets();
    this.cookies = new CookieGenerator(publicKeyOctets);
    this.timers = new PeerTimers(deadlines, this, random);
  }

  PublicKey publicKey() {
    return publicKey;
  }

  /** Not a copy; not to be changed. */
  byte[] publicKeyOctets() {
    return publicKeyOctets;
  }

  Handshake handshake() {
    return handshake;
  }

  CookieGenerator cookies() {
    return cookies;
  }

  PeerTimers timers() {
    return timers;
  }

  /** 32 octets, zero if there is none; not a copy. */
  byte[] presharedKey() {
    return presharedKey;
  }

  void setPresharedKey(Optional<PresharedKey> key) {
    hasPresharedKey = key.isPresent();
    if (key.isEmpty()) {
      Secrets.erase(presharedKey);
      return;
    }
    byte[] octets = key.get().octets();
    System.arraycopy(octets, 0, presharedKey, 0, presharedKey.length);
    Secrets.erase(octets);
  }

  /** The prefixes it was given; others may have taken some since. */
  List<IpPrefix> allowedIps() {
    return allowedIps;
  }

  void setAllowedIps(List<IpPrefix> prefixes) {
    allowedIps = prefixes;
  }

  @Nullable Endpoint endpoint() {
    return endpoint;
  }

  void setEndpoint(@Nullable Endpoint newEndpoint) {
    endpoint = newEndpoint;
  }

  Keypairs keypairs() {
    return keypairs;
  }

  void setKeypairs(Keypairs newKeypairs) {
    keypairs = newKeypairs;
  }

  /** The session to send with; null if there is none, or it is too old. */
  @Nullable Keypair usableKeypair(long nowNanos) {
    Keypair current = keypairs.current();
    return current == null || current.isExpired(nowNanos) ? null : current;
  }

  /** An authentic message of that many octets came from there; true if that is a new place. */
  boolean onAuthenticated(Endpoint source, long octets, long nowNanos) {
    receivedOctets += octets;
    timers.onAuthenticatedReceived(nowNanos);
    if (source.equals(endpoint)) {
      return false;
    }
    endpoint = source;
    return true;
  }

  /** A message of that many octets was handed to the underlay. */
  void onSent(long octets) {
    sentOctets += octets;
  }

  void onPacketsSent(int packets) {
    sentPackets += packets;
  }

  void onPacketsDelivered(int packets) {
    receivedPackets += packets;
  }

  /** A session can be used for sending. */
  void onHandshakeComplete(long nowNanos, Instant now) {
    completedAt = now;
    completed = true;
    completedNanos = nowNanos;
    timers.onHandshakeComplete();
  }

  /** Keeps a copy of a packet until there is a session; {@link DeviceState} sets the bounds. */
  void stage(PacketBuffer packet) {
    if (staged == null) {
      staged = new ArrayDeque<>();
    }
    PacketBuffer copy =
        PacketBuffer.allocate(
            WireGuardDevice.HEAD_ROOM, packet.length() + WireGuardDevice.TAIL_ROOM);
    copy.copyFrom(packet);
    staged.addLast(copy);
  }

  /** Takes the oldest waiting packet; null if none waits. */
  @Nullable PacketBuffer takeOldestStaged() {
    return staged == null ? null : staged.pollFirst();
  }

  int stagedCount() {
    return staged == null ? 0 : staged.size();
  }

  /** Takes all waiting packets, the oldest first. */
  ArrayDeque<PacketBuffer> takeStaged() {
    ArrayDeque<PacketBuffer> taken = staged == null ? new ArrayDeque<>(0) : staged;
    staged = null;
    return taken;
  }

  /** What it is configured with; of its prefixes those that still lead to it. */
  PeerSetup setup(AllowedIps<Peer> table) {
    return new PeerSetup(
        publicKey,
        hasPresharedKey ? Optional.of(PresharedKey.of(presharedKey)) : Optional.empty(),
        Optional.ofNullable(endpoint),
        allowedIps.stream().filter(prefix -> table.get(prefix) == this).toList(),
        Duration.ofNanos(timers.persistentKeepaliveNanos()),
        Optional.ofNullable(completedAt),
        receivedOctets,
        sentOctets);
  }

  PeerSnapshot snapshot() {
    return new PeerSnapshot(
        publicKey,
        Optional.ofNullable(endpoint),
        completed ? OptionalLong.of(completedNanos) : OptionalLong.empty(),
        receivedOctets,
        sentOctets,
        receivedPackets,
        sentPackets);
  }

  /** The short form of the key. */
  @Override
  public String toString() {
    return publicKey.shortName();
  }
}
