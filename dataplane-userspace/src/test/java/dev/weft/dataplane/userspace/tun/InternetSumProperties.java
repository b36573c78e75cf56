// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class InternetSumProperties {

  @Property
  void agreesWithTheSumOfPairs(
      @ForAll @Size(max = 1600) byte[] octets, @ForAll @IntRange(max = 9) int from) {
    int start = Math.min(from, octets.length);
    MemorySegment memory = MemorySegment.ofArray(octets);
    long sum = InternetSum.add(0, memory, start, octets.length - start);
    assertEquals(
        TransportPacket.sum(0, octets, start, octets.length),
        InternetSum.ofNumber(InternetSum.fold(sum)));
  }

  @Property
  void numbersJoinASumAsIfTheyWereInThePacket(
      @ForAll @Size(8) byte[] octets, @ForAll @IntRange(max = 0xffff) int number) {
    MemorySegment memory = MemorySegment.ofArray(octets);
    int begun = TransportPacket.sum(number, octets, 0, 8);
    long sum = InternetSum.ofNumber(number) + InternetSum.ofWord(memory, 0);
    assertEquals(begun, InternetSum.ofNumber(InternetSum.fold(sum)));
  }

  @Property
  void foldsAnySumAsTheRemainderSays(@ForAll long sum) {
    long positive = sum & Long.MAX_VALUE >> 1;
    int folded = InternetSum.fold(positive);
    assertEquals(positive % 0xffff, folded % 0xffff);
    assertEquals(positive == 0, folded == 0);
  }

  /** The largest of all sums there can be, and lengths of all super-packets. */
  @Example
  void doesNotOverflowInTheLongestSuperPacket() {
    byte[] octets = new byte[0x1_0028];
    new Random(5).nextBytes(octets);
    for (int length = octets.length - 9; length <= octets.length; length++) {
      MemorySegment memory = MemorySegment.ofArray(octets);
      assertEquals(
          TransportPacket.sum(0, octets, 0, length),
          InternetSum.ofNumber(InternetSum.fold(InternetSum.add(0, memory, 0, length))));
    }
    Arrays.fill(octets, (byte) 0xff);
    long sum = InternetSum.add(0, MemorySegment.ofArray(octets), 0, octets.length);
    assertEquals(0xffff, InternetSum.fold(sum));
  }
}
