// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Packets of one TCP flow over IPv4 with time stamps, as iperf3 sends them. RFC 791, RFC 9293. */
final class SampleFlow {

  /** Octets of the IPv4 and TCP headers. */
  static final int HEADER_LENGTH = 52;

  /** Octets of payload in a packet that fills a tunnel's MTU of 1,420. */
  static final int PAYLOAD_LENGTH = 1420 - HEADER_LENGTH;

  private static final int TCP_LENGTH = 32;
  private static final int IPV4_LENGTH = HEADER_LENGTH - TCP_LENGTH;
  private static final int FIRST_SEQUENCE = 1_000;
  private static final int IPV4_CHECKSUM = 10;
  private static final int TCP_CHECKSUM = IPV4_LENGTH + 16;
  private static final byte TCP = 6;

  private SampleFlow() {}

  /** A packet with all checksums right; the payload is zero. */
  static MemorySegment packet(Arena arena, int number) {
    byte[] octets = header(HEADER_LENGTH + PAYLOAD_LENGTH, number * PAYLOAD_LENGTH);
    ByteBuffer buffer = ByteBuffer.wrap(octets);
    int pseudoHeader = sum(octets, 12, 20) + TCP + octets.length - IPV4_LENGTH;
    buffer.putShort(
        TCP_CHECKSUM, (short) ~fold(pseudoHeader + sum(octets, IPV4_LENGTH, octets.length)));
    return copy(arena, octets, octets.length);
  }

  /** What the kernel gives for that many packets at once, behind its vnet header. */
  static MemorySegment superPacket(Arena arena, int packets) {
    int length = HEADER_LENGTH + packets * PAYLOAD_LENGTH;
    byte[] octets = header(length, 0);
    ByteBuffer buffer = ByteBuffer.wrap(octets);
    buffer.putShort(TCP_CHECKSUM, (short) fold(sum(octets, 12, 20) + TCP + length - IPV4_LENGTH));
    byte[] whole = new byte[VnetHeaderLayout.LENGTH + length];
    System.arraycopy(octets, 0, whole, VnetHeaderLayout.LENGTH, length);
    ByteBuffer.wrap(whole)
        .order(ByteOrder.nativeOrder())
        .put((byte) 1) // needs a checksum
        .put((byte) 1) // TCP over IPv4
        .putShort((short) HEADER_LENGTH)
        .putShort((short) PAYLOAD_LENGTH)
        .putShort((short) IPV4_LENGTH)
        .putShort((short) (TCP_CHECKSUM - IPV4_LENGTH));
    return copy(arena, whole, whole.length);
  }

  private static MemorySegment copy(Arena arena, byte[] octets, int length) {
    MemorySegment segment = arena.allocate(length, 64);
    MemorySegment.copy(octets, 0, segment, ValueLayout.JAVA_BYTE, 0, length);
    return segment;
  }

  private static byte[] header(int length, int payloadOffset) {
    byte[] octets = new byte[length];
    ByteBuffer.wrap(octets)
        .put((byte) 0x45)
        .put((byte) 0)
        .putShort((short) length)
        .putShort((short) (payloadOffset / PAYLOAD_LENGTH))
        .putShort((short) 0x4000) // do not fragment
        .put((byte) 64)
        .put(TCP)
        .putShort((short) 0)
        .putInt(0x0a000001)
        .putInt(0x0a000002)
        .putShort((short) 40_000)
        .putShort((short) 5_201)
        .putInt(FIRST_SEQUENCE + payloadOffset)
        .putInt(1)
        .put((byte) ((TCP_LENGTH / 4) << 4))
        .put((byte) 0x10) // ACK
        .putShort((short) 0x7fff)
        .putInt(0)
        .putInt(0x0101080a) // two of padding, then time stamps: RFC 7323 §3.2
        .putInt(7)
        .putInt(8);
    ByteBuffer.wrap(octets).putShort(IPV4_CHECKSUM, (short) ~fold(sum(octets, 0, IPV4_LENGTH)));
    return octets;
  }

  private static int sum(byte[] octets, int from, int to) {
    int sum = 0;
    for (int i = from; i < to; i += 2) {
      sum += (Byte.toUnsignedInt(octets[i]) << 8) + Byte.toUnsignedInt(octets[i + 1]);
    }
    return sum;
  }

  private static int fold(int sum) {
    int folded = (sum & 0xffff) + (sum >>> 16);
    return (folded & 0xffff) + (folded >>> 16);
  }
}
