// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.PeerSnapshot;
import dev.weft.spi.PeerUpdate;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBatch;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A WireGuard interface without I/O, clock or threads. Owned by one thread. */
public final class WireGuardDevice {

  /** Octets that {@link #sendIpPacket} needs before a packet, for the transport header. */
  public static final int HEAD_ROOM = 16;

  /** Octets that {@link #sendIpPacket} needs behind a packet, for padding and tag. */
  public static final int TAIL_ROOM = 15 + 16;

  public WireGuardDevice(PrivateKey key, int mtuOctets, DeviceEnvironment environment) {}

  public void apply(PeerUpdate update, long nowNanos, DeviceSink sink) {}

  public void setPrivateKey(PrivateKey key, long nowNanos, DeviceSink sink) {}

  public void sendIpPackets(PacketBatch batch, long nowNanos, DeviceSink sink) {}

  public void sendIpPacket(PacketBuffer packet, long nowNanos, DeviceSink sink) {}

  public void receiveDatagram(
      PacketBuffer datagram, Endpoint source, long nowNanos, DeviceSink sink) {}

  public boolean claimsInitiation(PacketBuffer datagram) {
    return false;
  }

  public long nextDeadlineNanos() {
    return 0;
  }

  public boolean hasDeadline() {
    return false;
  }

  public void onDeadline(long nowNanos, DeviceSink sink) {}

  public Optional<PublicKey> peerFor(InetAddress overlayAddress) {
    return Optional.empty();
  }

  public List<PeerSnapshot> peers() {
    return List.of();
  }

  public Map<String, Long> drops() {
    return Map.of();
  }

  public void suspend(long nowNanos) {}

  public void resume(long nowNanos, DeviceSink sink) {}

  public void close() {}
}
