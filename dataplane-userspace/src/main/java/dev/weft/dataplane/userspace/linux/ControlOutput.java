// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.linux;

import dev.weft.dataplane.userspace.bind.DatagramSender;
import dev.weft.dataplane.userspace.bind.Destinations;
import dev.weft.dataplane.userspace.bind.UnderlaySockets;
import dev.weft.linux.tun.TunQueue;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Single datagrams and packets, sent at once: handshakes, keepalives, what waited for a session,
 * and the overlay's own. Guarded by the device's lock. Memory: a {@link DatagramSender} and 64 KiB.
 */
final class ControlOutput implements AutoCloseable {

  private static final int VNET_HEADER = 10;
  private static final int MAX_DATAGRAM = 65_507;
  private static final int MAX_PACKET = 65_535;

  private final Arena arena = Arena.ofShared();
  private final TunQueue queue;
  private final DatagramSender sender;
  private final MemorySegment packetMemory = arena.allocate(VNET_HEADER + MAX_PACKET, 16);

  ControlOutput(TunQueue queue, UnderlaySockets sockets, Destinations destinations) {
    this.queue = queue;
    sender = new DatagramSender(arena, sockets, 0, destinations);
  }

  void use(UnderlaySockets sockets) {
    sender.use(sockets);
  }

  boolean send(PacketBuffer datagram, Endpoint destination) {
    int length = datagram.length();
    if (length == 0 || length > MAX_DATAGRAM) {
      return false;
    }
    long refused = sender.dropped();
    int offset = sender.reserve(length, destination);
    MemorySegment.copy(datagram.segment(), datagram.offset(), sender.memory(), offset, length);
    sender.flush();
    return sender.dropped() == refused;
  }

  boolean writeToTun(PacketBuffer packet, boolean hasVnetHeader) {
    int length = packet.length();
    if (length == 0 || length > MAX_PACKET) {
      return false;
    }
    int header = hasVnetHeader ? VNET_HEADER : 0;
    packetMemory.asSlice(0, VNET_HEADER).fill((byte) 0);
    MemorySegment.copy(packet.segment(), packet.offset(), packetMemory, header, length);
    return queue.write(packetMemory, 0, header + length) >= 0;
  }

  @Override
  public void close() {
    arena.close();
  }
}
