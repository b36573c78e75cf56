// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.Host;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayConfig;
import dev.weft.peer.PeerConfig;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.EndpointName;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

final class WgQuickWriterTest {

  private static final PrivateKey OWN = key(1);

  @Test
  void aDocumentIsWrittenAsWgQuickHasIt() {
    String text =
        """
        [Interface]
        PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
        ListenPort = 0
        Address = 10.0.0.1/24, fd00:0:0:0:0:0:0:1/64
        MTU = 1400

        [Peer]
        PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
        PresharedKey = FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=
        Endpoint = [2001:db8::1]:51820
        AllowedIPs = 10.0.0.0/24, 0:0:0:0:0:0:0:0/0
        PersistentKeepalive = 25

        [Peer]
        PublicKey = TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=
        """;
    assertEquals(text, WgQuickDocument.parse(text).write());
  }

  @Test
  void theSampleReadsAsItselfAfterWriting() {
    WgQuickDocument sample = WgQuickDocument.parse(Documents.sample("wg-quick/ap1.conf"));
    assertEquals(sample, WgQuickDocument.parse(sample.write()));
  }

  @Test
  void namesAreCommentsThatCannotBecomeEntries() {
    PeerConfig peer = PeerConfig.builder(key(2).publicKey()).name("a\n[Peer]\r\nb").build();
    String text = WgQuickDocument.of(OverlayConfig.builder("x", OWN).peer(peer).build()).write();
    assertTrue(text.contains("# a?[Peer]??b\n"), text);
    assertEquals(1, WgQuickDocument.parse(text).peers().size());
  }

  @Test
  void aHostThatWouldEndTheEntryIsRefused() {
    PeerConfig peer =
        PeerConfig.builder(key(2).publicKey()).endpoint(new EndpointName("a#b", 1)).build();
    WgQuickDocument document =
        WgQuickDocument.of(OverlayConfig.builder("x", OWN).peer(peer).build());
    assertThrows(IllegalArgumentException.class, document::write);
  }

  @Test
  void anOpenWifiDocumentBecomesAFileForEachOfItsHosts() {
    for (String text : List.of(Documents.ROOT, Documents.AP1, Documents.AP2)) {
      OpenWifiDocument source = OpenWifiDocument.parse(text);
      WgQuickDocument export = WgQuickDocument.of(source.toOverlayConfig());
      NetworkRevision network = source.toOverlayConfig().network().orElseThrow();

      assertEquals(source.localKey(), export.privateKey().publicKey());
      assertEquals(OptionalInt.of(3456), export.listenPort());
      Host local = network.host(source.localKey()).orElseThrow();
      assertTrue(export.addresses().contains(InterfaceAddress.host(local.overlayAddress())));
      assertEquals(network.hosts().size() - 1, export.peers().size());
      for (PeerConfig peer : export.peers()) {
        Host host = network.host(peer.publicKey()).orElseThrow();
        assertEquals(host.endpoint(), peer.endpoint());
        assertEquals(network.keepalive(), peer.persistentKeepalive());
        assertTrue(peer.allowedIps().contains(IpPrefix.host(host.overlayAddress())));
        assertTrue(peer.allowedIps().containsAll(host.subnets()));
      }
      assertEquals(
          export.peers().stream().map(PeerConfig::publicKey).toList(),
          WgQuickDocument.parse(export.write()).peers().stream()
              .map(PeerConfig::publicKey)
              .toList());
    }
  }

  @Test
  void whoIsRelayedForIsBehindTheRelay() {
    Host us = host("us", 1).gateway("relay").build();
    Host relay = host("relay", 2).build();
    Host far = host("far", 3).subnet(IpPrefix.parse("192.0.2.0/24")).build();
    WgQuickDocument export = WgQuickDocument.of(overlay(List.of(us, relay, far)));

    assertEquals(List.of(relay.key()), keys(export));
    assertEquals(
        List.of(
            IpPrefix.host(relay.overlayAddress()),
            IpPrefix.host(far.overlayAddress()),
            IpPrefix.parse("192.0.2.0/24")),
        export.peers().getFirst().allowedIps());

    WgQuickDocument seenByRelay =
        WgQuickDocument.of(
            OverlayConfig.builder("x", key(2)).network(revision(List.of(us, relay, far))).build());
    assertEquals(List.of(us.key(), far.key()), keys(seenByRelay));
  }

  @Test
  void plainPeersComeAfterTheNetworksAndNotInsteadOfThem() {
    Host us = host("us", 1).build();
    Host other = host("other", 2).build();
    OverlayConfig config =
        overlay(List.of(us, other)).toBuilder()
            .peers(
                List.of(
                    PeerConfig.builder(other.key()).build(),
                    PeerConfig.builder(us.key()).build(),
                    PeerConfig.builder(key(3).publicKey()).build()))
            .keepalive(Duration.ofSeconds(7))
            .build();
    WgQuickDocument export = WgQuickDocument.of(config);
    assertEquals(List.of(other.key(), key(3).publicKey()), keys(export));
    assertEquals(Duration.ofSeconds(7), export.peers().getFirst().persistentKeepalive());
    assertFalse(export.peers().getFirst().allowedIps().isEmpty());
  }

  @Test
  void aNetworkWithoutUsCannotBeExported() {
    OverlayConfig config = overlay(List.of(host("other", 2).build()));
    assertThrows(InvalidConfigurationException.class, () -> WgQuickDocument.of(config));
  }

  private static List<PublicKey> keys(WgQuickDocument document) {
    return document.peers().stream().map(PeerConfig::publicKey).toList();
  }

  private static OverlayConfig overlay(List<Host> hosts) {
    return OverlayConfig.builder("x", OWN).network(revision(hosts)).build();
  }

  private static NetworkRevision revision(List<Host> hosts) {
    return new NetworkRevision(0, hosts, List.of(), 51820, Duration.ZERO);
  }

  private static Host.Builder host(String name, int number) {
    return Host.builder(
        name, key(number).publicKey(), (Inet6Address) InetAddress.ofLiteral("fd00::" + number));
  }

  private static PrivateKey key(int number) {
    byte[] octets = new byte[32];
    Arrays.fill(octets, (byte) number);
    return PrivateKey.of(octets);
  }
}
