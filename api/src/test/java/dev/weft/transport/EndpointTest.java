// SPDX-License-Identifier: Apache-2.0

package dev.weft.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EndpointTest {

  private static final InetAddress V4 = InetAddress.ofLiteral("192.0.2.1");
  private static final InetAddress V6 = InetAddress.ofLiteral("2001:db8::1");

  @Test
  void numericEndpointsAreReadAndPrinted() {
    assertEquals(new Endpoint(V4, 51820), Endpoint.parse("192.0.2.1:51820"));
    assertEquals(new Endpoint(V6, 51820), Endpoint.parse("[2001:db8::1]:51820"));
    assertEquals("192.0.2.1:1", new Endpoint(V4, 1).toString());
    assertEquals("[2001:db8:0:0:0:0:0:1]:1", new Endpoint(V6, 1).toString());
    assertTrue(new Endpoint(V6, 1).isIpv6());
    assertFalse(new Endpoint(V4, 1).isIpv6());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        ":1",
        "192.0.2.1",
        "192.0.2.1:",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "10:1",
        "h:1",
        "2001:db8::1",
        "[2001:db8::1]",
        "[2001:db8::1]:",
        "[2001:db8::1]1",
        "[2001:db8::1:1",
        "[h]:1",
        "[]:1",
        "192.0.2.1:-1",
        "192.0.2.1:+1",
        "192.0.2.1:1 ",
        "[[::1]]:1"
      })
  void whatIsNoNumericEndpointIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> Endpoint.parse(text));
  }

  @Test
  void portZeroIsForLocalPortsAndPortsHave16Bits() {
    assertEquals(0, new Endpoint(V4, 0).port());
    assertEquals(
        "port: 65536 is not in 0 to 65535",
        assertThrows(IllegalArgumentException.class, () -> new Endpoint(V4, 65536)).getMessage());
    assertThrows(IllegalArgumentException.class, () -> new Endpoint(V4, -1));
  }

  @Test
  void anUnresolvedSocketAddressIsRefused() {
    assertEquals(
        "unresolved address peer.example",
        assertThrows(
                IllegalArgumentException.class,
                () -> Endpoint.of(InetSocketAddress.createUnresolved("peer.example", 1)))
            .getMessage());
  }

  @Test
  void aNameHasItsOwnPortOrTheDefault() {
    assertEquals(new EndpointName("h", 7), EndpointName.parse("h:7", 1));
    assertEquals(new EndpointName("h", 1), EndpointName.parse("h", 1));
    assertEquals(new EndpointName("::1", 1), EndpointName.parse("::1", 1));
    assertEquals(new EndpointName("::1", 1), EndpointName.parse("[::1]", 1));
    assertEquals(new EndpointName("::1", 7), EndpointName.parse("[::1]:7", 1));
    assertEquals(
        "endpoint: \"h\" has no port",
        assertThrows(IllegalArgumentException.class, () -> EndpointName.parse("h", -1))
            .getMessage());
  }

  @Test
  void onlyNumericHostsHaveAnEndpointAtOnce() {
    assertEquals(Optional.of(new Endpoint(V4, 7)), EndpointName.parse("192.0.2.1:7", -1).numeric());
    assertEquals(Optional.of(new Endpoint(V6, 7)), new EndpointName("2001:db8::1", 7).numeric());
    assertEquals(Optional.empty(), new EndpointName("peer.example", 7).numeric());
    assertEquals(Optional.empty(), new EndpointName("10", 7).numeric());
    assertEquals(Optional.empty(), new EndpointName("1:2", 7).numeric());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a\tb", "a\nb", "[", "a]", "\0", "\u2028", "\u007f"})
  void aHostIsPrintableAndHasNoBrackets(String host) {
    assertThrows(IllegalArgumentException.class, () -> new EndpointName(host, 1));
  }

  @Test
  void aHostHas255CharactersAtMost() {
    assertEquals(255, new EndpointName("h".repeat(255), 1).host().length());
    assertEquals(
        "endpoint: a host has 1 to 255 characters, not 256",
        assertThrows(IllegalArgumentException.class, () -> new EndpointName("h".repeat(256), 1))
            .getMessage());
  }

  @Test
  void messagesQuoteHostileTextShortAndPrintable() {
    String text = "\u001b[31m:x" + "y".repeat(10_000);

    assertEquals(
        "endpoint: \"?[31m:x" + "y".repeat(57) + "…\" has no numeric port",
        assertThrows(IllegalArgumentException.class, () -> EndpointName.parse(text, 1))
            .getMessage());
  }

  @Test
  void aNetworkIdentifierHas24Bits() {
    assertEquals("16777215", new Vni(0xff_ffff).toString());
    assertEquals(
        "vni: 16777216 is not in 0 to 16777215",
        assertThrows(IllegalArgumentException.class, () -> new Vni(1 << 24)).getMessage());
    assertThrows(IllegalArgumentException.class, () -> new Vni(-1));
  }
}
