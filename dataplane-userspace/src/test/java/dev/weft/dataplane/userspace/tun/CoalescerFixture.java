// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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
    byte[] padded = Arrays.copyOf(packet, Math.min(0xffff, packet.length + 15 & ~15));
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
}
