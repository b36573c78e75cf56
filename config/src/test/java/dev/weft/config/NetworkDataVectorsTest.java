// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import java.net.InetAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class NetworkDataVectorsTest {

  private static final PublicKey LOCAL =
      PublicKey.parse("B7jFQkh2hqeDAYVfy20/aoqRHNfxmDqbRNydzSKDnSM=");

  @TestFactory
  Stream<DynamicTest> unusualNetworkDataAreReadAsRecorded() {
    return Documents.cases(Documents.vectors("network-data-parsing.json"), "cases").stream()
        .map(c -> DynamicTest.dynamicTest(Documents.text(c, "case"), () -> parsesAsRecorded(c)));
  }

  private static void parsesAsRecorded(Json.Obj recorded) {
    NetworkData data = NetworkData.parse(Documents.text(recorded, "network_data"));
    Json.Obj loaded = Documents.object(recorded, "loaded");
    NetworkRevision revision = data.toRevision(0, LOCAL);

    assertEquals(Documents.number(loaded, "port"), revision.port());
    assertEquals(Documents.number(loaded, "pex_port"), data.config().pexPort().orElse(0));
    assertEquals(Documents.number(loaded, "keepalive"), revision.keepalive().toSeconds());
    assertEquals(
        Documents.text(loaded, "network_id_hex"), HexFormat.of().formatHex(data.networkId()));
    assertEquals(
        Documents.optionalText(loaded, "local_host"),
        data.localHost(LOCAL).map(NetworkData.Host::name));
    assertEquals(
        Documents.cases(loaded, "hosts").stream()
            .map(
                h ->
                    List.of(
                        Documents.text(h, "name"),
                        Documents.text(h, "public_key_hex"),
                        InetAddress.ofLiteral(Documents.text(h, "address"))))
            .toList(),
        revision.hosts().stream()
            .map(
                h ->
                    List.of(
                        h.name(),
                        HexFormat.of().formatHex(h.key().octets()),
                        (InetAddress) h.overlayAddress()))
            .toList());
  }

  @Test
  void hostAddressesAreDerivedAsRecorded() {
    List<Json.Obj> cases = Documents.cases(Documents.vectors("host-addresses.json"), "cases");
    assertFalse(cases.isEmpty());
    for (Json.Obj recorded : cases) {
      StringBuilder json = new StringBuilder("{\"config\":{");
      Optional<String> id = Documents.optionalText(recorded, "id");
      id.ifPresent(text -> json.append("\"id\":\"").append(text).append("\","));
      json.append("\"port\":").append(Documents.number(recorded, "port_in_config"));
      json.append("},\"hosts\":{");
      List<Json.Obj> hosts = Documents.cases(recorded, "hosts");
      for (int i = 0; i < hosts.size(); i++) {
        json.append(i == 0 ? "" : ",").append("\"h").append(i).append("\":{\"key\":\"");
        json.append(Documents.text(hosts.get(i), "public_key_b64")).append("\"}");
      }
      NetworkRevision revision = NetworkData.parse(json.append("}}").toString()).toRevision(0);

      assertEquals(
          hosts.stream().map(h -> InetAddress.ofLiteral(Documents.text(h, "address"))).toList(),
          revision.hosts().stream().<InetAddress>map(Host::overlayAddress).toList(),
          json::toString);
    }
  }

  @Test
  void secretsHaveTheRecordedPublicKeys() {
    Json.Obj vectors = Documents.vectors("keys.json");
    for (Json.Obj recorded : Documents.cases(vectors, "secret_key")) {
      PrivateKey key =
          KeyText.privateKey(Documents.text(recorded, "secret_b64") + "\n").orElseThrow();
      assertEquals(Documents.text(recorded, "x25519_public_b64"), key.publicKey().toString());
    }
  }
}
