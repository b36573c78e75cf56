// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.config.NetworkData;
import dev.weft.overlay.Host;
import dev.weft.peer.PublicKey;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Who of unusual network data becomes a peer, as the recorded daemon had it. */
final class PexNetworkVectorsTest {

  private static final PublicKey LOCAL =
      PublicKey.parse("B7jFQkh2hqeDAYVfy20/aoqRHNfxmDqbRNydzSKDnSM=");

  @TestFactory
  Stream<DynamicTest> thePeersAreThoseThatWereRecorded() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    try (InputStream in =
        PexNetworkVectorsTest.class.getResourceAsStream("/vectors/network-data-parsing.json")) {
      for (JsonNode recorded : new ObjectMapper().readTree(in).get("cases")) {
        tests.add(
            DynamicTest.dynamicTest(recorded.get("case").asText(), () -> hasThePeersOf(recorded)));
      }
    }
    assertFalse(tests.isEmpty());
    return tests.stream();
  }

  private static void hasThePeersOf(JsonNode recorded) {
    Set<String> expected = new TreeSet<>();
    for (JsonNode host : recorded.get("loaded").get("hosts")) {
      if (host.get("is_wg_or_pex_peer").asBoolean()) {
        expected.add(host.get("name").asText());
      }
    }
    NetworkData data = NetworkData.parse(recorded.get("network_data").asText());
    PexNetwork network = new PexNetwork(LOCAL, data.toRevision(0, LOCAL));
    assertEquals(
        expected,
        network.directPeers().stream()
            .map(Host::name)
            .collect(Collectors.toCollection(TreeSet::new)));
  }
}
