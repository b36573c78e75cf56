// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.overlay.OverlayConfig;
import dev.weft.peer.PeerConfig;
import dev.weft.peer.PrivateKey;
import dev.weft.transport.EndpointName;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

final class WgQuickDocumentTest {

  private static final String KEY = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=";
  private static final String PEER = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";
  private static final String PSK = "FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=";
  private static final String INTERFACE = "[Interface]\nPrivateKey=" + KEY + "\n";

  @Test
  void theSampleBecomesAnOverlay() {
    WgQuickDocument document = WgQuickDocument.parse(Documents.sample("wg-quick/ap1.conf"));
    OverlayConfig config = document.toOverlayConfig("ap1");

    assertEquals(List.of(), document.warnings());
    assertEquals(OptionalInt.of(3456), config.interfaceConfig().listenPort());
    assertEquals(
        List.of(InterfaceAddress.parse("192.168.4.1/32")), config.interfaceConfig().addresses());
    assertEquals(1420, config.interfaceConfig().mtuOctets());
    assertTrue(config.network().isEmpty() && config.pex().isEmpty());
    assertEquals(2, config.peers().size());
    PeerConfig root = config.peers().getFirst();
    assertEquals(Optional.of(new EndpointName("127.0.0.1", 3456)), root.endpoint());
    assertEquals(List.of(IpPrefix.parse("192.168.3.1/32")), root.allowedIps());
    assertEquals(Duration.ofSeconds(10), root.persistentKeepalive());
    assertEquals(Duration.ZERO, config.peers().getLast().persistentKeepalive());
    assertTrue(config.peers().getLast().presharedKey().isPresent());
  }

  @Test
  void keysAreCaseInsensitiveAndListsMayBeSplit() {
    WgQuickDocument document =
        WgQuickDocument.parse(
            "\ufeff[interface] # mine\r\nPRIVATEKEY = "
                + KEY
                + "\r\nADDRESS=10.0.0.1/24,fd00::1/64\r\naddress=10.0.1.1\r\n\r\n[PEER]\r\npublickey="
                + PEER
                + "\r\nallowedips = 10.0.0.7/24 , ::/0\r\nAllowedIPs = 10.9.0.0/16 # far\r\n"
                + "endpoint=[2001:db8::1]:51820\r\nAllowedIPs =\r\n");

    assertEquals(
        List.of("10.0.0.1/24", "fd00:0:0:0:0:0:0:1/64", "10.0.1.1/32"),
        document.addresses().stream().map(InterfaceAddress::toString).toList());
    PeerConfig peer = document.peers().getFirst();
    assertEquals(
        List.of("10.0.0.0/24", "0:0:0:0:0:0:0:0/0", "10.9.0.0/16"),
        peer.allowedIps().stream().map(IpPrefix::toString).toList());
    assertEquals(Optional.of(new EndpointName("2001:db8::1", 51820)), peer.endpoint());
  }

  @Test
  void severalInterfaceSectionsAreOne() {
    WgQuickDocument document =
        WgQuickDocument.parse(
            INTERFACE + "[Peer]\nPublicKey=" + PEER + "\n[Interface]\nListenPort=0\n");

    assertEquals(OptionalInt.of(0), document.listenPort());
    assertEquals(1, document.peers().size());
  }

  @Test
  void whatActsOnTheSystemIsIgnoredWithAWarning() {
    WgQuickDocument document =
        WgQuickDocument.parse(
            INTERFACE
                + "DNS = 1.1.1.1\nTable = off\nPreUp = secret $1\nPostUp = x = y\nPreDown = x\n"
                + "PostDown = x\nSaveConfig = true\nFwMark = 0x1\n");

    assertEquals(8, document.warnings().size());
    assertEquals("line 3", document.warnings().getFirst().location());
    assertFalse(document.warnings().toString().contains("secret"));
  }

  @Test
  void aPeerWithTheOwnKeyIsIgnoredWithAWarning() {
    String own = PrivateKey.parse(KEY).publicKey().toString();
    WgQuickDocument document = WgQuickDocument.parse(INTERFACE + "[Peer]\nPublicKey=" + own);

    assertEquals(List.of(), document.peers());
    assertEquals(
        List.of("line 4"), document.warnings().stream().map(ConfigWarning::location).toList());
  }

  @Test
  void anAddressOfTwoPeersIsAWarning() {
    WgQuickDocument document =
        WgQuickDocument.parse(
            INTERFACE
                + "[Peer]\nPublicKey="
                + PEER
                + "\nAllowedIPs=10.0.0.0/8\n"
                + "[Peer]\nPublicKey="
                + PSK
                + "\nAllowedIPs=10.0.0.0/8\n");

    assertEquals(
        List.of("line 6"), document.warnings().stream().map(ConfigWarning::location).toList());
  }

  @Test
  void problemsHaveTheirLines() {
    assertEquals(List.of("line 1"), problems(""));
    assertEquals(List.of("line 2"), problems("\n[Interface]\nListenPort=1\n"));
    assertEquals(List.of("line 3"), problems(INTERFACE + "PrivateKey=" + KEY));
    assertEquals(List.of("line 3"), problems(INTERFACE + "[Peer]\nAllowedIPs=10.0.0.0/8\n"));
    assertEquals(
        List.of("line 6"),
        problems(INTERFACE + "[Peer]\nPublicKey=" + PEER + "\n[Peer]\nPublicKey=" + PEER));
    assertEquals(List.of("line 4"), problems(INTERFACE + "Address=fd00::1/64\nMTU=1000"));
    assertEquals(List.of("line 3"), problems(INTERFACE + "[Pear]\nPublicKey=x"));
    assertEquals(
        List.of("line 5"),
        problems(INTERFACE + "[Peer]\nPublicKey=" + PEER + "\nPresharedKey=" + PSK.substring(1)));
  }

  private static List<String> problems(String text) {
    return Documents.problems(() -> WgQuickDocument.parse(text));
  }

  @Test
  void aBrokenKeyIsNotRepeatedEvenWhereItEndsUpAsAnotherField() {
    String half = PEER.substring(22);
    InvalidConfigurationException e =
        assertThrows(
            InvalidConfigurationException.class,
            () -> WgQuickDocument.parse("[Interface]\nPrivateKey=" + KEY + half + "\n" + half));

    assertEquals(2, e.problems().size());
    assertFalse(e.toString().contains(half.substring(0, 8)));
  }

  @Test
  void theTextFormTellsNoSecret() {
    WgQuickDocument document =
        WgQuickDocument.parse(
            INTERFACE + "[Peer]\nPublicKey=" + PEER + "\nPresharedKey=" + PSK + "\n");

    assertFalse(document.toString().contains(KEY) || document.toString().contains(PSK));
  }
}
