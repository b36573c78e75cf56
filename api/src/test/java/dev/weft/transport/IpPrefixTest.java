// SPDX-License-Identifier: Apache-2.0

package dev.weft.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class IpPrefixTest {

  private static InetAddress address(String literal) {
    return InetAddress.ofLiteral(literal);
  }

  @Test
  void hostBitsAreCleared() {
    assertEquals("10.1.2.0/23", IpPrefix.parse("10.1.3.255/23").toString());
    assertEquals("fd00:0:0:0:0:0:0:0/9", IpPrefix.parse("fd7f::1/9").toString());
    assertEquals(IpPrefix.parse("10.0.0.0/8"), IpPrefix.parse("10.9.9.9/8"));
    assertEquals(IpPrefix.parse("10.0.0.0/8").hashCode(), IpPrefix.parse("10.9.9.9/8").hashCode());
  }

  @Test
  void theWholeFamilyIsABlockAndHoldsNothingOfTheOther() {
    assertTrue(IpPrefix.parse("0.0.0.0/0").contains(address("255.255.255.255")));
    assertFalse(IpPrefix.parse("0.0.0.0/0").contains(address("::")));
    assertTrue(IpPrefix.parse("::/0").contains(address("ffff::")));
    assertFalse(IpPrefix.parse("::/0").contains(address("1.2.3.4")));
    assertFalse(IpPrefix.parse("::/0").overlaps(IpPrefix.parse("0.0.0.0/0")));
  }

  @Test
  void blocksEndBetweenOctetsToo() {
    IpPrefix prefix = IpPrefix.parse("10.0.0.128/25");

    assertTrue(prefix.contains(address("10.0.0.128")));
    assertTrue(prefix.contains(address("10.0.0.255")));
    assertFalse(prefix.contains(address("10.0.0.127")));
    assertFalse(prefix.contains(address("10.0.1.128")));
  }

  @Test
  void blocksOverlapWhereOneIsInsideTheOther() {
    IpPrefix wide = IpPrefix.parse("10.0.0.0/8");

    assertTrue(wide.overlaps(IpPrefix.parse("10.200.0.0/16")));
    assertTrue(IpPrefix.parse("10.200.0.0/16").overlaps(wide));
    assertFalse(wide.overlaps(IpPrefix.parse("11.0.0.0/8")));
  }

  @Test
  void aZoneIsNoPartOfABlock() throws UnknownHostException {
    InetAddress zoned = Inet6Address.getByAddress(null, address("fe80::1").getAddress(), 1);

    assertEquals("fe80:0:0:0:0:0:0:0/10", new IpPrefix(zoned, 10).toString());
    assertTrue(IpPrefix.parse("fe80::/10").contains(zoned));
  }

  @Test
  void aMappedAddressStaysInItsFamily() throws UnknownHostException {
    byte[] octets = new byte[16];
    octets[10] = -1;
    octets[11] = -1;
    octets[15] = 1;
    InetAddress mapped = Inet6Address.getByAddress(null, octets, -1);
    IpPrefix prefix = new IpPrefix(mapped, 96);

    assertTrue(prefix.isIpv6());
    assertTrue(prefix.contains(mapped));
    assertFalse(prefix.contains(address("0.0.0.1")));
  }

  @Test
  void textWithoutLengthIsOneAddress() {
    assertEquals(new IpPrefix(address("10.1.2.3"), 32), IpPrefix.parse("10.1.2.3"));
    assertEquals(new IpPrefix(address("fd00::1"), 128), IpPrefix.parse("fd00::1"));
    assertEquals(
        new InterfaceAddress(address("10.1.2.3"), 24), InterfaceAddress.parse("10.1.2.3/24"));
    assertEquals(new InterfaceAddress(address("fd00::1"), 128), InterfaceAddress.parse("fd00::1"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/8",
        "10/8",
        "10.1/16",
        "10.0.0/24",
        "010.0.0.0/8",
        "0x0a.0.0.0/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/8/8",
        "10.0.0.0/0008",
        "::/129",
        "[::]/0",
        "fe80::1%lo/64",
        "host/8",
        " 10.0.0.0/8",
        "10.0.0.0/8 ",
        "10.0.0.256/8",
        "10..0.0/8"
      })
  void otherTextIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> IpPrefix.parse(text));
    assertThrows(IllegalArgumentException.class, () -> InterfaceAddress.parse(text));
  }

  @Test
  void aLengthOutsideTheFamilyIsNamed() {
    assertEquals(
        "prefix: length 33 is not in 0 to 32 for 10.0.0.0",
        assertThrows(IllegalArgumentException.class, () -> new IpPrefix(address("10.0.0.0"), 33))
            .getMessage());
    assertEquals(
        "address: prefix length 129 is not in 0 to 128",
        assertThrows(IllegalArgumentException.class, () -> new InterfaceAddress(address("::"), 129))
            .getMessage());
  }
}
