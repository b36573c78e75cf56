// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.peer.PublicKey;
import dev.weft.transport.IpPrefix;
import java.io.IOException;
import java.io.InputStream;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class PeerDerivationTest {

  @TestFactory
  Stream<DynamicTest> recordedViewsOfANetworkWithAGateway() throws IOException {
    JsonNode vectors = vectors();
    NetworkRevision revision = revision(vectors);
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode view : vectors.get("views")) {
      String name = view.get("view").asText();
      tests.add(
          DynamicTest.dynamicTest("seen from " + name, () -> assertView(revision, name, view)));
    }
    assertEquals(4, tests.size());
    return tests.stream();
  }

  private static void assertView(NetworkRevision revision, String name, JsonNode view) {
    PublicKey key = revision.host(name).orElseThrow().key();
    PeerDerivation.View derived = PeerDerivation.derive(key, revision);
    List<String> expected = new ArrayList<>();
    for (JsonNode peer : view.get("wg_peers")) {
      List<IpPrefix> prefixes = new ArrayList<>();
      peer.get("allowed_ips_in_order").forEach(text -> prefixes.add(IpPrefix.parse(text.asText())));
      expected.add(
          peer.get("host").asText() + " " + peer.get("public_key_hex").asText() + " " + prefixes);
    }
    List<String> actual =
        derived.direct().stream()
            .map(
                peer ->
                    peer.host().name()
                        + " "
                        + HexFormat.of().formatHex(peer.host().key().octets())
                        + " "
                        + peer.allowedIps())
            .toList();
    assertEquals(expected, actual);
    List<String> indirect = new ArrayList<>();
    for (JsonNode host : view.get("hosts")) {
      if (host.get("indirect").asBoolean()) {
        indirect.add(host.get("name").asText());
      }
    }
    assertEquals(indirect, derived.indirect().stream().map(peer -> peer.host().name()).toList());
  }

  @Test
  void aHostThatIsNotInTheNetworkHasNoPeers() throws IOException {
    PeerDerivation.View view =
        PeerDerivation.derive(PublicKey.of(new byte[32]), revision(vectors()));
    assertTrue(view.local().isEmpty());
    assertTrue(view.direct().isEmpty());
  }

  private static JsonNode vectors() throws IOException {
    try (InputStream stream =
        PeerDerivationTest.class.getResourceAsStream("/vectors/gateway-allowed-ips.json")) {
      return new ObjectMapper().readTree(stream);
    }
  }

  private static NetworkRevision revision(JsonNode vectors) {
    List<Host> hosts = new ArrayList<>();
    JsonNode documents = vectors.get("network").get("hosts");
    for (JsonNode known : vectors.get("views").get(0).get("hosts")) {
      String name = known.get("name").asText();
      JsonNode document = documents.get(name);
      Host.Builder host =
          Host.builder(
              name,
              PublicKey.parse(document.get("key").asText()),
              (Inet6Address) InetAddress.ofLiteral(known.get("addr").asText()));
      document.path("ipaddr").forEach(text -> host.address(InetAddress.ofLiteral(text.asText())));
      document.path("subnet").forEach(text -> host.subnet(IpPrefix.parse(text.asText())));
      if (document.has("gateway")) {
        host.gateway(document.get("gateway").asText());
      }
      hosts.add(host.build());
    }
    return new NetworkRevision(
        0, hosts, List.of(), NetworkRevision.DEFAULT_PORT, Duration.ofSeconds(10));
  }
}
