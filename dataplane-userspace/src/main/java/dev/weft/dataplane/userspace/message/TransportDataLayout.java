// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.message;

import dev.weft.transport.PacketBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Transport Data, WG §5.4.6; little-endian; offsets in octets from the start of the datagram. Type
 * u8 = 4 and three reserved zero octets come first.
 */
public final class TransportDataLayout {

  /** u32. */
  public static final int RECEIVER = MessageType.HEADER_LENGTH;

  /** u64. */
  public static final int COUNTER = RECEIVER + Integer.BYTES;

  /** Ciphertext of the padded packet, then the tag. */
  public static final int PACKET = COUNTER + Long.BYTES;

  /** Octets of the tag. */
  public static final int TAG_LENGTH = 16;

  /** Octets of a keepalive, the shortest of these messages. */
  public static final int MIN_LENGTH = PACKET + TAG_LENGTH;

  /** Packets are padded with zeros to a multiple of this. */
  public static final int PADDING = 16;

  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private TransportDataLayout() {}

  /** The receiver's index in a datagram of at least {@link #MIN_LENGTH} octets. */
  public static int receiver(PacketBuffer datagram) {
    return datagram.segment().get(U32, datagram.offset() + RECEIVER);
  }

  /** The receiver's index in a datagram of at least {@link #MIN_LENGTH} octets. */
  public static int receiver(MemorySegment memory, long offset) {
    return memory.get(U32, offset + RECEIVER);
  }

  /** The counter, unsigned, in a datagram of at least {@link #MIN_LENGTH} octets. */
  public static long counter(MemorySegment memory, long offset) {
    return memory.get(U64, offset + COUNTER);
  }

  /** The counter, unsigned, in a datagram of at least {@link #MIN_LENGTH} octets. */
  public static long counter(PacketBuffer datagram) {
    return datagram.segment().get(U64, datagram.offset() + COUNTER);
  }

  /**
   * Writes the header into the head room and moves the start of the buffer to it.
   *
   * @throws IndexOutOfBoundsException if there are not {@link #PACKET} octets of head room
   */
  public static void writeHeader(PacketBuffer packet, int receiver, long counter) {
    packet.set(packet.offset() - PACKET, packet.length() + PACKET);
    writeHeader(packet.segment(), packet.offset(), receiver, counter);
  }

  /** Writes the {@link #PACKET} octets of header. */
  public static void writeHeader(MemorySegment memory, long offset, int receiver, long counter) {
    memory.set(U32, offset, MessageType.TRANSPORT_DATA.code());
    memory.set(U32, offset + RECEIVER, receiver);
    memory.set(U64, offset + COUNTER, counter);
  }
}
