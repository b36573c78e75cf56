// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class InternetChecksumTest {

  @Test
  void sumsTheExampleOfRfc1071() {
    MemorySegment memory = memory("0001f203f4f5f6f7");
    assertEquals(~0xddf2 & 0xffff, InternetChecksum.finish(InternetChecksum.add(0, memory, 0, 8)));
  }

  @Test
  void padsAnOddOctetWithZeroBehindIt() {
    MemorySegment odd = memory("0001f203f4f5f6");
    MemorySegment even = memory("0001f203f4f5f600");
    assertEquals(
        InternetChecksum.finish(InternetChecksum.add(0, even, 0, 8)),
        InternetChecksum.finish(InternetChecksum.add(0, odd, 0, 7)));
  }

  @Test
  void acceptsAHeaderAsLinuxWroteItAndNoOther() {
    byte[] packet = LinuxPackets.packet("udp.v4");
    MemorySegment memory = MemorySegment.ofArray(packet);
    assertTrue(InternetChecksum.isIntact(InternetChecksum.add(0, memory, 0, 20)));
    packet[8]--;
    assertFalse(InternetChecksum.isIntact(InternetChecksum.add(0, memory, 0, 20)));
  }

  private static MemorySegment memory(String hex) {
    return MemorySegment.ofArray(HexFormat.of().parseHex(hex));
  }
}
