// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

class InternetChecksumProperties {

  @Property
  void agreesWithTheSumOfWords(@ForAll @Size(max = 70) byte[] octets) {
    long sum = 0;
    for (int i = 0; i < octets.length; i++) {
      sum += (octets[i] & 0xffL) << (i % 2 == 0 ? 8 : 0);
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    MemorySegment memory = MemorySegment.ofArray(octets);
    assertEquals(
        (int) ~sum & 0xffff,
        InternetChecksum.finish(InternetChecksum.add(0, memory, 0, octets.length)));
  }
}
