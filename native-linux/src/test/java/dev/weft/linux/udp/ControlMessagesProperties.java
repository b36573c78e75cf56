// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.udp;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class ControlMessagesProperties {

  @Property
  void anyOctetsAreReadWithinTheirBounds(@ForAll @Size(max = 160) byte[] octets) {
    read(octets);
  }

  /** Plausible headers, which random octets hardly ever are. */
  @Property
  void anyLengthsLevelsAndTypesAreReadWithinTheirBounds(
      @ForAll @Size(max = 8) int[] lengths,
      @ForAll @IntRange(max = 41) int level,
      @ForAll @IntRange(max = 104) int type) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(20L * lengths.length, 8);
      for (int i = 0; i < lengths.length; i++) {
        memory.set(SocketLayouts.NET_LONG, 20L * i, Long.reverseBytes(lengths[i] & 0x3f));
        memory.set(SocketLayouts.NET_INT, 20L * i + 8, Integer.reverseBytes(level));
        memory.set(SocketLayouts.NET_INT, 20L * i + 12, Integer.reverseBytes(type));
      }
      read(memory.toArray(JAVA_BYTE));
    }
  }

  @Property
  void aWrittenSourceIsReadAgain(
      @ForAll boolean ipv6,
      @ForAll long high,
      @ForAll long low,
      @ForAll int interfaceIndex,
      @ForAll @IntRange(max = 65535) int segmentSize) {
    SocketAddress destination =
        SocketAddress.of(ipv6, 1, 1, 1, 0).withSource(high, low, interfaceIndex);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(ControlMessages.SEND_SPACE, 8);
      long length = ControlMessages.write(memory, 0, segmentSize, destination);
      ControlMessages read = read(memory.asSlice(0, length).toArray(JAVA_BYTE));
      assertTrue(read.local);
      assertEquals(destination.sourceHigh(), read.localHigh);
      assertEquals(destination.sourceLow(), read.localLow);
      assertEquals(interfaceIndex, read.interfaceIndex);
    }
  }

  private static ControlMessages read(byte[] octets) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(octets.length, 8);
      MemorySegment.copy(octets, 0, memory, JAVA_BYTE, 0, octets.length);
      ControlMessages messages = new ControlMessages();
      messages.read(memory, 0, octets.length);
      assertTrue(messages.segmentSize >= 0 && messages.segmentSize <= 0xffff);
      return messages;
    }
  }
}
