// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PeerConfig;
import dev.weft.peer.PeerStatus;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

final class ConfigurationTest {

  private static final PrivateKey PRIVATE = PrivateKey.of(new byte[32]);
  private static final PublicKey A = key(1);
  private static final PublicKey B = key(2);
  private static final Inet6Address ADDRESS = (Inet6Address) InetAddress.ofLiteral("fd00::1");

  private static PublicKey key(int first) {
    byte[] octets = new byte[32];
    octets[0] = (byte) first;
    return PublicKey.of(octets);
  }

  private static NetworkRevision network(Host... hosts) {
    return new NetworkRevision(0, List.of(hosts), List.of(), 51820, Duration.ZERO);
  }

  private static OverlayConfig.Builder overlay() {
    return OverlayConfig.builder("net", PRIVATE);
  }

  private static InterfaceConfig.Builder local() {
    return InterfaceConfig.builder(PRIVATE);
  }

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void messagesOfAnOverlayNameTheField() {
    PeerConfig peer = PeerConfig.builder(A).build();

    refused("name: \" \" is not 1 to 64 characters", () -> overlay().name(" ").build());
    refused(
        "name: \"" + "n".repeat(65) + "\" is not 1 to 64 characters",
        () -> overlay().name("n".repeat(65)).build());
    refused("peers: the key " + A + " occurs twice", () -> overlay().peer(peer).peer(peer).build());
    refused(
        "pex: peer exchange needs a network", () -> overlay().pex(PexConfig.defaults()).build());
    refused("vxlan: Layer 2 needs a network", () -> overlay().vxlan(new VxlanConfig("l2")).build());
    refused(
        "persistentKeepalive: PT-1S is not 0 to 65535 whole seconds",
        () -> overlay().keepalive(Duration.ofSeconds(-1)).build());
  }

  @Test
  void messagesOfAnInterfaceNameTheField() {
    refused("listenPort: -1 is not in 0 to 65535", () -> local().listenPort(-1).build());
    refused("listenPort: 65536 is not in 0 to 65535", () -> local().listenPort(65536).build());
    refused("mtuOctets: 575 is not in 576 to 65535", () -> local().mtuOctets(575).build());
    refused("mtuOctets: 65536 is not in 576 to 65535", () -> local().mtuOctets(65536).build());
    refused(
        "socketBufferOctets: 4095 is below 4096", () -> local().socketBufferOctets(4095).build());
    refused("pex.port: 0 is not in 1 to 65535", () -> new PexConfig(OptionalInt.of(0)));
    refused(
        "tun: \"a/b\" is not 1 to 15 characters without a slash", () -> new PortKind.Tun("a/b"));
    refused(
        "tun: \"" + "x".repeat(16) + "\" is not 1 to 15 characters without a slash",
        () -> new PortKind.Tun("x".repeat(16)));
  }

  @Test
  void messagesOfANetworkNameTheField() {
    Host a = Host.builder("a", A, ADDRESS).build();

    refused(
        "hosts.a.port: 65536 is not in 0 to 65535",
        () -> Host.builder("a", A, ADDRESS).port(65536).build());
    refused(
        "hosts.a.pexPort: -1 is not in 0 to 65535",
        () -> Host.builder("a", A, ADDRESS).pexPort(-1).build());
    refused(
        "hosts: the name a occurs twice", () -> network(a, Host.builder("a", B, ADDRESS).build()));
    refused(
        "hosts: the key of b occurs twice",
        () -> network(a, Host.builder("b", A, ADDRESS).build()));
    refused(
        "port: 65536 is not in 0 to 65535",
        () -> new NetworkRevision(0, List.of(), List.of(), 65536, Duration.ZERO));
  }

  @Test
  void aKeepaliveIsAWholeNumberOfSecondsThatFits16Bits() {
    PeerConfig.requireKeepalive(Duration.ZERO);
    PeerConfig.requireKeepalive(Duration.ofSeconds(65535));
    for (Duration wrong :
        List.of(
            Duration.ofSeconds(65536),
            Duration.ofMillis(1500),
            Duration.ofNanos(-1),
            Duration.ofSeconds(Long.MAX_VALUE),
            Duration.ofSeconds(Long.MIN_VALUE))) {
      refused(
          "persistentKeepalive: " + wrong + " is not 0 to 65535 whole seconds",
          () -> PeerConfig.builder(A).persistentKeepalive(wrong).build());
    }
  }

  @Test
  void valuesDoNotChangeWithWhatTheyWereMadeFrom() {
    List<String> groups = new ArrayList<>(List.of("g"));
    Host host = Host.builder("a", A, ADDRESS).groups(groups).build();
    PeerConfig.Builder builder = PeerConfig.builder(A).allowedIp(IpPrefix.parse("10.0.0.0/8"));
    PeerConfig peer = builder.build();
    groups.clear();
    builder.allowedIp(IpPrefix.parse("11.0.0.0/8"));

    assertEquals(List.of("g"), host.groups());
    assertEquals(1, peer.allowedIps().size());
    assertThrows(UnsupportedOperationException.class, () -> peer.allowedIps().clear());
  }

  @Test
  void aRevisionFindsItsHosts() {
    Host a = Host.builder("a", A, ADDRESS).build();
    NetworkRevision revision = network(a, Host.builder("b", B, ADDRESS).build());

    assertEquals(Optional.of(a), revision.host("a"));
    assertEquals(Optional.of(a), revision.host(A));
    assertEquals(Optional.empty(), revision.host("c"));
    assertEquals(Optional.empty(), revision.host(key(3)));
  }

  @Test
  void aConfigurationDoesNotPrintItsKey() {
    assertTrue(overlay().build().toString().contains("PrivateKey[redacted]"));
    assertFalse(overlay().build().toString().contains(PRIVATE.exportBase64()));
  }

  @Test
  void anExceptionListsEveryProblemOnALineOfItsOwn() {
    ConfigProblem port = new ConfigProblem("/port", "0", "1 to 65535");
    ConfigProblem root = new ConfigProblem("", "an array", "an object");

    assertEquals(
        "the file has a problem:\n  /port: found 0; allowed: 1 to 65535",
        message(new InvalidConfigurationException("the file", List.of(port))));
    InvalidConfigurationException both =
        new InvalidConfigurationException("the file", List.of(port, root));
    assertEquals(
        """
        the file has 2 problems:
          /port: found 0; allowed: 1 to 65535
          document: found an array; allowed: an object""",
        message(both));
    assertEquals(List.of(port, root), both.problems());
  }

  private static String message(Exception e) {
    return String.valueOf(e.getMessage()).replace(System.lineSeparator(), "\n");
  }

  @Test
  void statusFindsPeersAndKnowsWhoIsLocal() {
    PeerStatus named = status(A, Optional.of("a"), Optional.empty());
    PeerStatus nameless = status(B, Optional.empty(), Optional.of("a"));
    OverlayStatus status =
        new OverlayStatus(
            "net",
            OverlayState.RUNNING,
            key(3),
            Optional.empty(),
            List.of(InterfaceAddress.parse("10.0.0.1/24")),
            Optional.empty(),
            Optional.empty(),
            0,
            List.of(named, nameless),
            Map.of(),
            Map.of(),
            Map.of());

    assertEquals(Optional.of(named), status.peer("a"));
    assertEquals(Optional.of(nameless), status.peer(B));
    assertEquals(Optional.empty(), status.peer("b"));
    assertTrue(status.isLocal(InetAddress.ofLiteral("10.0.0.1")));
    assertFalse(status.isLocal(InetAddress.ofLiteral("10.0.0.2")));
    assertTrue(named.isDirect());
    assertFalse(nameless.isDirect());
    assertEquals("a", named.displayName());
    assertEquals(B.shortName(), nameless.displayName());
  }

  private static PeerStatus status(PublicKey key, Optional<String> name, Optional<String> via) {
    return new PeerStatus(
        key,
        name,
        Optional.empty(),
        EndpointOrigin.NONE,
        via,
        false,
        Optional.empty(),
        Optional.empty(),
        0,
        0,
        0,
        0,
        List.of(),
        Duration.ZERO);
  }
}
