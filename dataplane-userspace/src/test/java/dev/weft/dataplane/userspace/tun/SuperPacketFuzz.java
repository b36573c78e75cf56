// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** What a TUN device gives, vnet header and packet, in any octets. */
final class SuperPacketFuzz {

  private static final int GUARD = 64;

  static Stream<byte[]> seeds() {
    return Stream.of(false, true)
        .flatMap(ipv6 -> Stream.of(false, true).map(tcp -> TransportPacket.of(ipv6, tcp)))
        .flatMap(
            packet -> {
              CoalescerFixture fixture = new CoalescerFixture();
              TransportPacket first = packet.withPayload(100);
              fixture.receive(packet.withPorts(1, 2), first, first.next(), first.next().next(1));
              return List.copyOf(fixture.flushed()).stream();
            });
  }

  @MethodSource("seeds")
  @FuzzTest
  void staysWithinItsRange(byte[] input) {
    MemorySegment memory = MemorySegment.ofArray(new byte[GUARD + input.length + GUARD]);
    memory.fill((byte) 0x5a);
    MemorySegment.copy(input, 0, memory, ValueLayout.JAVA_BYTE, GUARD, input.length);
    SuperPacket superPacket = new SuperPacket();
    if (superPacket.begin(memory, GUARD, input.length)) {
      assertTrue(superPacket.count() > 0);
      take(superPacket, memory, input.length);
    } else {
      assertFalse(superPacket.next());
    }
    for (int i = 0; i < GUARD; i++) {
      assertEquals(0x5a, memory.get(ValueLayout.JAVA_BYTE, i));
      assertEquals(0x5a, memory.get(ValueLayout.JAVA_BYTE, memory.byteSize() - 1 - i));
    }
  }

  private static void take(SuperPacket superPacket, MemorySegment memory, int length) {
    int packets = 0;
    while (superPacket.next()) {
      packets++;
      long offset = superPacket.packetOffset();
      assertTrue(offset >= GUARD + 10);
      assertTrue(offset + superPacket.packetLength() <= GUARD + length);
      ByteBuffer header = memory.asSlice(offset, superPacket.packetLength()).asByteBuffer();
      assertEquals(superPacket.isIpv6() ? 6 : 4, header.get(0) >>> 4);
      int total =
          superPacket.isIpv6()
              ? 40 + Short.toUnsignedInt(header.getShort(4))
              : Short.toUnsignedInt(header.getShort(2));
      assertEquals(superPacket.packetLength(), total);
    }
    assertEquals(superPacket.count(), packets);
  }
}
