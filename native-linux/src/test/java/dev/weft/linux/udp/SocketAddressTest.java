// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.udp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

final class SocketAddressTest {

  private static final InetSocketAddress IPV4 =
      new InetSocketAddress(InetAddress.ofLiteral("192.0.2.129"), 51820);
  private static final InetSocketAddress IPV6 =
      new InetSocketAddress(InetAddress.ofLiteral("2001:db8::f:1"), 51820);

  @Test
  void anIpv4AddressIsTheUpperHalfOfTheFirstLong() {
    SocketAddress address = SocketAddress.of(IPV4);
    assertFalse(address.isIpv6());
    assertEquals(0xc0000281_00000000L, address.high());
    assertEquals(0, address.low());
    assertEquals(51820, address.port());
    assertEquals(IPV4, address.toInetSocketAddress());
    assertEquals(address, SocketAddress.of(false, 0xc0000281_ffffffffL, 7, 51820, 3));
  }

  @Test
  void anIpv6AddressIsTwoLongs() {
    SocketAddress address = SocketAddress.of(IPV6);
    assertTrue(address.isIpv6());
    assertEquals(0x20010db8_00000000L, address.high());
    assertEquals(0x000f0001L, address.low());
    assertEquals(0, address.scope());
    assertEquals(IPV6, address.toInetSocketAddress());
    assertEquals("/[2001:db8:0:0:0:0:f:1]:51820", address.toString());
  }

  @Test
  void aLinkLocalAddressKeepsItsScope() throws UnknownHostException {
    byte[] octets = HexFormat.of().parseHex("fe800000000000000000000000000001");
    InetAddress linkLocal = Inet6Address.getByAddress(null, octets, 4);
    SocketAddress address = SocketAddress.of(new InetSocketAddress(linkLocal, 1));
    assertEquals(4, address.scope());
    InetAddress back = address.toInetSocketAddress().getAddress();
    assertEquals(4, ((Inet6Address) back).getScopeId());
  }

  @Test
  void aSourceComesAndGoes() {
    SocketAddress plain = SocketAddress.of(IPV4);
    assertFalse(plain.hasSource());
    assertSame(plain, plain.withoutSource());
    SocketAddress from = plain.withSource(0x7f000002_00000000L, 0, 1);
    assertTrue(from.hasSource());
    assertEquals(0x7f000002_00000000L, from.sourceHigh());
    assertEquals(0, from.sourceLow());
    assertEquals(1, from.sourceInterface());
    assertEquals("/192.0.2.129:51820 from 127.0.0.2%1", from.toString());
    assertNotEquals(plain, from);
    assertEquals(plain, from.withoutSource());
    assertEquals(plain.hashCode(), from.withoutSource().hashCode());
  }

  @Test
  void namesAndPortsMustBeProper() {
    InetSocketAddress name = InetSocketAddress.createUnresolved("peer.example", 1);
    assertThrows(IllegalArgumentException.class, () -> SocketAddress.of(name));
    assertThrows(IllegalArgumentException.class, () -> SocketAddress.of(false, 0, 0, 65536, 0));
    assertThrows(IllegalArgumentException.class, () -> SocketAddress.of(false, 0, 0, -1, 0));
  }

  @Test
  void theKernelsFormsHavePortAndAddressInNetworkOrder() {
    assertArrayEquals(
        HexFormat.of().parseHex("0200ca6cc00002810000000000000000"), written(IPV4, 16));
    assertArrayEquals(
        HexFormat.of().parseHex("0a00ca6c0000000020010db80000000000000000000f000100000000"),
        written(IPV6, 28));
  }

  private static byte[] written(InetSocketAddress address, int expectedLength) {
    byte[] octets = new byte[32];
    // Native memory of 8 octets' alignment is what the batches give.
    long[] aligned = new long[4];
    Arrays.fill(aligned, -1);
    MemorySegment memory = MemorySegment.ofArray(aligned);
    assertEquals(expectedLength, SocketAddress.of(address).write(memory, 0));
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, 0, octets, 0, octets.length);
    return Arrays.copyOf(octets, expectedLength);
  }
}
