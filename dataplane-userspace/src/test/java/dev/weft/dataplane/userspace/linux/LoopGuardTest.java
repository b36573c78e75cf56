// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.linux;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.testkit.IpPackets;
import dev.weft.transport.Endpoint;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoopGuardTest {

  private static byte[] udp(String address) throws UnknownHostException {
    InetAddress both = InetAddress.getByName(address);
    return IpPackets.udp(both, 51_820, both, 51_821, new byte[64]);
  }

  private static boolean isDatagram(byte[] packet, int source, int destination) {
    return LoopGuard.isDatagram(
        MemorySegment.ofArray(packet), 0, packet.length, source, destination);
  }

  @Test
  void knowsTheAddressOfTheEndpoint() {
    LoopGuard guard = new LoopGuard();
    Endpoint ipv4 = Endpoint.parse("10.1.0.2:51821");
    Endpoint ipv6 = Endpoint.parse("[fd01::2]:51821");
    long high = 0x0a010002L << 32;
    assertTrue(guard.isEndpoint(ipv4, false, high, 0));
    assertFalse(guard.isEndpoint(ipv4, false, high + (1L << 32), 0));
    assertFalse(guard.isEndpoint(ipv4, true, high, 0));
    assertTrue(guard.isEndpoint(ipv6, true, 0xfd01L << 48, 2));
    assertFalse(guard.isEndpoint(ipv6, true, 0xfd01L << 48, 3));
    assertFalse(guard.isEndpoint(ipv6, false, high, 0));
    assertTrue(guard.isEndpoint(ipv4, false, high, 0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.1.0.2", "fd01::2"})
  void onlyADatagramBetweenThePortsIsOne(String address) throws UnknownHostException {
    byte[] packet = udp(address);
    assertTrue(isDatagram(packet, 51_820, 51_821));
    assertFalse(isDatagram(packet, 51_821, 51_821));
    assertFalse(isDatagram(packet, 51_820, 51_820));
    packet[address.contains(":") ? 6 : 9] = 6;
    assertFalse(isDatagram(packet, 51_820, 51_821));
  }

  @Test
  void aFragmentButTheFirstHasNoPorts() throws UnknownHostException {
    byte[] packet = udp("10.1.0.2");
    packet[6] = 0x20;
    assertTrue(isDatagram(packet, 51_820, 51_821));
    packet[7] = 1;
    assertFalse(isDatagram(packet, 51_820, 51_821));
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.1.0.2", "fd01::2"})
  void aPacketThatIsCutOffIsNone(String address) throws UnknownHostException {
    byte[] packet = udp(address);
    int ports = address.contains(":") ? 44 : 24;
    for (int length = 1; length < ports; length++) {
      assertFalse(isDatagram(Arrays.copyOf(packet, length), 51_820, 51_821));
    }
    assertTrue(isDatagram(Arrays.copyOf(packet, ports), 51_820, 51_821));
  }
}
