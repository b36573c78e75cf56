// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CoalescerTest {

  private final CoalescerFixture fixture = new CoalescerFixture();

  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void packetsThatFollowEachOtherAreOneWrite(boolean ipv6, boolean tcp) {
    TransportPacket first = TransportPacket.of(ipv6, tcp).withPayload(1000);
    TransportPacket second = first.next();
    TransportPacket third = second.next(300);
    fixture.receive(first, second, third);
    List<byte[]> writes = fixture.flushed();
    assertEquals(1, writes.size());
    assertEquals(10 + first.headerLength() + 2300, writes.getFirst().length);
    List<byte[]> packets = CoalescerFixture.apart(writes);
    assertEquals(3, packets.size());
    assertArrayEquals(first.octets(), packets.get(0));
    assertArrayEquals(second.octets(), packets.get(1));
    assertArrayEquals(third.octets(), packets.get(2));
  }
}
