// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.weft.overlay.NetworkRevision;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** OpenWiFi documents: whatever the octets, reading ends with a document or its one exception. */
final class OpenWifiDocumentFuzz {

  static Stream<byte[]> seeds() {
    return FuzzedText.samples("openwifi", "broken");
  }

  @MethodSource("seeds")
  @DictionaryEntries({
    "\"wireguard-overlay\":",
    "\"vxlan-overlay\"",
    "\"services\":",
    "\"interfaces\":",
    "\"proto\":",
    "\"private-key\":",
    "\"peer-port\":",
    "\"peer-exchange-port\":",
    "\"root-node\":",
    "\"hosts\":",
    "\"name\":",
    "\"key\":",
    "\"endpoint\":",
    "\"subnet\":",
    "\"ipaddr\":",
    "\"vxlan\":",
    "\"isolate\":",
    "\"mtu\":",
    "\"0.0.0.0/0\"",
    "\"::/0\"",
    "1e400",
    "\\ud800"
  })
  @FuzzTest
  void isReadOrRefused(byte[] octets) {
    FuzzedText.readsOrRefuses(
        octets,
        text -> {
          OpenWifiDocument document = OpenWifiDocument.parse(text);
          NetworkData data = document.networkData();
          assertEquals(data, NetworkData.parse(data.toJson()));
          assertTrue(data.localHost(document.localKey()).isPresent());
          NetworkRevision revision = document.toOverlayConfig().network().orElseThrow();
          assertEquals(data.hosts().size(), revision.hosts().size());
          OpenWifiDocument.requireAgreement(List.of(document));
          for (Layer layer : Layer.values()) {
            FuzzedText.readsOrRefuses(
                octets, again -> OpenWifiDocument.parse(again, layer).toOverlayConfig());
          }
        });
  }
}
