// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** A coalescer whose writes are kept, each with its vnet header. */
final class CoalescerFixture {

  static final Coalescer.Options ALL = new Coalescer.Options(true, true, true, true);

  final List<byte[]> writes = new ArrayList<>();
  final Coalescer coalescer;

  CoalescerFixture() {
    this(Coalescer.DEFAULT_FLOWS, ALL);
  }

  CoalescerFixture(int flows, Coalescer.Options options) {
    MemorySegment memory = MemorySegment.ofArray(new byte[(int) Coalescer.memoryOctets(flows)]);
    coalescer =
        new Coalescer(
            memory,
            flows,
            options,
            (from, offset, length) ->
                writes.add(from.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE)));
  }

  /** As decryption would: with padding, of which nobody knows what it is. */
  void receive(byte[] packet) {
    byte[] padded = Arrays.copyOf(packet, Math.min(0xffff, (packet.length + 15) & ~15));
    Arrays.fill(padded, packet.length, padded.length, (byte) 0xee);
    put(padded, padded.length);
    coalescer.accept(packet.length);
  }

  void receive(TransportPacket... packets) {
    for (TransportPacket packet : packets) {
      receive(packet.octets());
    }
  }

  /** What was not fit: some of it may have been written. */
  void receiveUnfit(byte[] packet, int written) {
    put(packet, written);
    coalescer.reject();
  }

  private void put(byte[] octets, int length) {
    long target = coalescer.target(octets.length);
    MemorySegment.copy(octets, 0, coalescer.memory(), ValueLayout.JAVA_BYTE, target, length);
  }

  /** The writes so far, after a flush. */
  List<byte[]> flushed() {
    coalescer.flush();
    return writes;
  }

  /** The packets of all writes, as the kernel would take them apart. */
  static List<byte[]> apart(List<byte[]> writes) {
    List<byte[]> packets = new ArrayList<>();
    SuperPacket superPacket = new SuperPacket();
    for (byte[] write : writes) {
      MemorySegment memory = MemorySegment.ofArray(write.clone());
      assertTrue(superPacket.begin(memory, 0, write.length));
      while (superPacket.next()) {
        packets.add(
            memory
                .asSlice(superPacket.packetOffset(), superPacket.packetLength())
                .toArray(ValueLayout.JAVA_BYTE));
      }
    }
    return packets;
  }

  /**
   * That the packets of each flow are the same, in the same order. What may differ is the
   * identification of IPv4 packets that are not to be fragmented, with it the checksum of their
   * header, and of which kind a zero in a checksum is.
   */
  static void assertSame(List<byte[]> sent, List<byte[]> came, boolean verified) {
    Map<String, List<byte[]>> flows = flows(came);
    Map<String, List<byte[]>> expected = flows(sent);
    assertEquals(expected.keySet(), flows.keySet());
    expected.forEach(
        (flow, packets) -> {
          List<byte[]> others = flows.getOrDefault(flow, List.of());
          assertEquals(packets.size(), others.size());
          for (int i = 0; i < packets.size(); i++) {
            assertArrayEquals(
                comparable(packets.get(i), verified), comparable(others.get(i), verified));
          }
        });
  }

  private static Map<String, List<byte[]>> flows(List<byte[]> packets) {
    Map<String, List<byte[]>> flows = new HashMap<>();
    for (byte[] packet : packets) {
      boolean ipv6 = packet[0] >>> 4 == 6;
      int end = Math.min(packet.length, ipv6 ? 44 : 24);
      String flow =
          packet[ipv6 ? 6 : 9]
              + HexFormat.of().formatHex(Arrays.copyOfRange(packet, ipv6 ? 8 : 12, end));
      flows.computeIfAbsent(flow, key -> new ArrayList<>()).add(packet);
    }
    return flows;
  }

  private static byte[] comparable(byte[] packet, boolean verified) {
    byte[] copy = packet.clone();
    boolean ipv6 = copy[0] >>> 4 == 6;
    boolean isPlain = ipv6 || (copy[0] == 0x45 && (copy[6] & 0xbf) == 0 && copy[7] == 0);
    if (isPlain && !ipv6 && (copy[6] != 0 || !verified)) {
      TransportPacket.put(copy, 4, copy[6] != 0 ? 0 : (copy[4] << 8) | (copy[5] & 0xff));
      TransportPacket.put(copy, 10, 0);
    }
    int protocol = copy[ipv6 ? 6 : 9];
    int field = (ipv6 ? 40 : 20) + (protocol == 6 ? 16 : 6);
    if (isPlain && (protocol == 6 || protocol == 17) && field + 2 <= copy.length) {
      boolean isZero = copy[field] == -1 && copy[field + 1] == -1;
      if (isZero || !verified) {
        TransportPacket.put(copy, field, 0);
      }
    }
    return copy;
  }
}
