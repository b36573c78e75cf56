// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.dataplane.userspace.message.IpLayout;
import dev.weft.dataplane.userspace.message.TransportDataLayout;
import dev.weft.spi.TransportAead;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Data messages of one session and one source that a worker decrypts by itself: between {@link
 * WireGuardDevice#beginReceive} and {@link WireGuardDevice#endReceive} the session is the worker's
 * to use, without holding the device. Roaming, counters and timers are settled at the end, once for
 * all. Reused; owned by its worker. Source: WG §5.4.6, §6.
 */
public final class ReceiveRun {

  private final int lane;
  private @Nullable DeviceState device;
  private @Nullable Keypair session;
  private @Nullable TransportAead opening;
  private @Nullable Endpoint source;
  private int receiver;
  private boolean authentic;
  private boolean data;
  private long octets;
  private int delivered;

  /**
   * A run that is not open.
   *
   * @param lane the worker's number, 1 or more; each has ciphers of its own
   */
  public ReceiveRun(int lane) {
    this.lane = lane;
  }

  int lane() {
    return lane;
  }

  void open(
      DeviceState newDevice,
      Keypair newSession,
      TransportAead cipher,
      int newReceiver,
      Endpoint newSource) {
    device = newDevice;
    session = newSession;
    opening = cipher;
    receiver = newReceiver;
    source = newSource;
    authentic = false;
    data = false;
    octets = 0;
    delivered = 0;
  }

  void close() {
    session = null;
    opening = null;
    source = null;
  }

  /** Whether it is between beginning and end. */
  public boolean isOpen() {
    return session != null;
  }

  /** Whether a message for that index, from that place, belongs to this run. */
  public boolean isFor(int messageReceiver, Endpoint messageSource) {
    return session != null && receiver == messageReceiver && messageSource.equals(source);
  }

  /**
   * Verifies and decrypts a data message, and checks that it is new.
   *
   * @param memory holds {@code length} octets of message, at least {@link
   *     TransportDataLayout#MIN_LENGTH}
   * @param target where the padded packet goes
   * @return octets of padded packet, 0 for a keepalive; negative if it was dropped, and counted
   */
  public int open(
      MemorySegment memory, long offset, int length, MemorySegment target, long targetOffset) {
    DeviceState state = Objects.requireNonNull(device, "device");
    Keypair receiving = Objects.requireNonNull(session, "session");
    TransportAead cipher = Objects.requireNonNull(opening, "opening");
    long counter = TransportDataLayout.counter(memory, offset);
    if (Long.compareUnsigned(counter, ProtocolConstants.REJECT_AFTER_MESSAGES) >= 0) {
      state.drops.count(DropReason.SESSION_EXPIRED);
      return -1;
    }
    int sealed = length - TransportDataLayout.PACKET;
    if (!cipher.open(
        counter, memory, offset + TransportDataLayout.PACKET, sealed, target, targetOffset)) {
      state.drops.count(DropReason.AUTHENTICATION_FAILED);
      return -1;
    }
    // Only after authentication: an attacker could move the window. WG §5.4.6.
    if (!receiving.acceptCounter(counter)) {
      state.drops.count(DropReason.REPLAYED);
      return -1;
    }
    authentic = true;
    octets += length;
    int padded = sealed - TransportDataLayout.TAG_LENGTH;
    data |= padded > 0;
    return padded;
  }

  /**
   * Checks a decrypted packet that is no keepalive: an IP packet from an address of the peer. Trims
   * it to the length its header says.
   *
   * @return false if it was dropped, and counted
   */
  public boolean admit(PacketBuffer packet) {
    DeviceState state = Objects.requireNonNull(device, "device");
    Keypair receiving = Objects.requireNonNull(session, "session");
    int length = IpLayout.totalLength(packet);
    if (length == 0) {
      state.drops.count(DropReason.INNER_MALFORMED);
      return false;
    }
    packet.setLength(length);
    Peer owner =
        state.allowedIps.lookup(
            IpLayout.isIpv6(packet), IpLayout.sourceHigh(packet), IpLayout.sourceLow(packet));
    if (owner != receiving.peer()) {
      state.drops.count(DropReason.SOURCE_NOT_ALLOWED);
      return false;
    }
    delivered++;
    return true;
  }

  @Nullable Keypair session() {
    return session;
  }

  Endpoint source() {
    return Objects.requireNonNull(source, "source");
  }

  /** Whether any message was authentic and new. */
  public boolean isAuthentic() {
    return authentic;
  }

  /** Whether any of them was more than a keepalive. */
  boolean hasData() {
    return data;
  }

  long octets() {
    return octets;
  }

  int delivered() {
    return delivered;
  }
}
