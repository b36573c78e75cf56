// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.dataplane.userspace.message.TransportDataLayout;
import dev.weft.spi.TransportAead;
import dev.weft.transport.Endpoint;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Outbound packets of one peer that a worker encrypts by itself: between {@link
 * WireGuardDevice#beginSend} and {@link WireGuardDevice#endSend} the session is the worker's to
 * use, without holding the device. Counters, octets and timers are settled at the end, once for
 * all. Reused; owned by its worker. Source: WG §5.4.6, §6.
 */
public final class SendRun {

  /** What {@link #reserve} answers when the session may not send that much more. */
  public static final long REFUSED = Keypair.REFUSED;

  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  private final int lane;
  private @Nullable DeviceState device;
  private @Nullable Peer peer;
  private @Nullable Keypair session;
  private @Nullable TransportAead sealing;
  private @Nullable Endpoint endpoint;
  private boolean ipv6;
  private long high;
  private long low;
  private int mtuOctets;
  private int packets;
  private long octets;

  /**
   * A run that is not open.
   *
   * @param lane the worker's number, 1 or more; each has ciphers of its own
   */
  public SendRun(int lane) {
    this.lane = lane;
  }

  int lane() {
    return lane;
  }

  void open(
      DeviceState newDevice,
      Peer newPeer,
      Keypair newSession,
      TransportAead cipher,
      Endpoint newEndpoint) {
    device = newDevice;
    peer = newPeer;
    session = newSession;
    sealing = cipher;
    endpoint = newEndpoint;
    mtuOctets = newDevice.mtuOctets;
    packets = 0;
    octets = 0;
  }

  void remember(boolean isIpv6, long destinationHigh, long destinationLow) {
    ipv6 = isIpv6;
    high = destinationHigh;
    low = destinationLow;
  }

  /** Ends the run. */
  void close() {
    peer = null;
    session = null;
    sealing = null;
    endpoint = null;
  }

  /** Whether it is between beginning and end. */
  public boolean isOpen() {
    return session != null;
  }

  /** Where the peer is, as of the beginning. */
  public Endpoint endpoint() {
    return Objects.requireNonNull(endpoint, "endpoint");
  }

  /** Whether packets for that address belong to this run. Any time while it is open. */
  public boolean leadsTo(boolean isIpv6, long destinationHigh, long destinationLow) {
    if (device == null || peer == null) {
      return false;
    }
    if (destinationHigh == high && destinationLow == low && isIpv6 == ipv6) {
      return true;
    }
    if (device.allowedIps.lookup(isIpv6, destinationHigh, destinationLow) != peer) {
      return false;
    }
    remember(isIpv6, destinationHigh, destinationLow);
    return true;
  }

  /**
   * Draws consecutive counters for some packets; each is used once.
   *
   * @return the first, or {@link #REFUSED}: end the run and send the slow way
   */
  public long reserve(int count) {
    return Objects.requireNonNull(session, "session").reserve(count);
  }

  /** Octets of the transport message for a packet of that length. */
  public int sealedLength(int packetLength) {
    return TransportDataLayout.PACKET
        + packetLength
        + TransportPath.paddingOf(packetLength, mtuOctets)
        + TransportDataLayout.TAG_LENGTH;
  }

  /**
   * Writes a transport message: header, encrypted packet, tag. The packet's memory must go on for
   * 15 octets behind it; they are zeroed for the padding, and put back.
   *
   * @param target elsewhere, with {@link #sealedLength} octets of room
   * @return octets written
   */
  public int seal(
      long counter,
      MemorySegment source,
      long sourceOffset,
      int packetLength,
      MemorySegment target,
      long targetOffset) {
    Keypair sending = Objects.requireNonNull(session, "session");
    TransportAead cipher = Objects.requireNonNull(sealing, "sealing");
    TransportDataLayout.writeHeader(target, targetOffset, sending.remoteIndex(), counter);
    int padding = TransportPath.paddingOf(packetLength, mtuOctets);
    long body = targetOffset + TransportDataLayout.PACKET;
    int padded = packetLength + padding;
    if (padding == 0) {
      cipher.seal(counter, source, sourceOffset, padded, target, body);
    } else {
      long end = sourceOffset + packetLength;
      long first = source.get(LONG, end);
      long second = source.get(LONG, end + Long.BYTES);
      source.set(LONG, end, 0);
      source.set(LONG, end + Long.BYTES, 0);
      cipher.seal(counter, source, sourceOffset, padded, target, body);
      source.set(LONG, end, first);
      source.set(LONG, end + Long.BYTES, second);
    }
    int written = TransportDataLayout.PACKET + padded + TransportDataLayout.TAG_LENGTH;
    packets++;
    octets += written;
    return written;
  }

  @Nullable Peer peer() {
    return peer;
  }

  @Nullable Keypair session() {
    return session;
  }

  int packets() {
    return packets;
  }

  long octets() {
    return octets;
  }
}
