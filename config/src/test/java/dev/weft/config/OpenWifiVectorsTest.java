// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The documents of the recorded networks yield the recorded data, seen from each device. */
final class OpenWifiVectorsTest {

  private static final Json.Obj KEYS = Documents.vectors("live-keys.json");
  private static final List<String> NAMES = List.of("gateway", "ap1", "ap2");

  private static String document(String own, String ap1Members, String rest) {
    Json.Obj hosts = Documents.object(KEYS, "hosts");
    return """
        {"wireguard-overlay": {"private-key": "%s",
          "root-node": {"key": "%s", "endpoint": "10.99.0.1", "ipaddr": ["192.168.3.1"]},
          "hosts": [{"name": "ap1", "key": "%s", "ipaddr": ["192.168.4.1"]%s},
                    {"name": "ap2", "key": "%s", "ipaddr": ["192.168.5.1"]}]%s}}
        """
        .formatted(
            Documents.text(Documents.object(hosts, own), "private_b64"),
            Documents.text(Documents.object(hosts, "gateway"), "public_b64"),
            Documents.text(Documents.object(hosts, "ap1"), "public_b64"),
            ap1Members,
            Documents.text(Documents.object(hosts, "ap2"), "public_b64"),
            rest);
  }

  @Test
  void layer3DocumentsYieldTheRecordedNetworkData() {
    NetworkData recorded = NetworkData.parse(Documents.vectorText("openwifi-l3-net.json"));
    for (String own : NAMES) {
      OpenWifiDocument document =
          OpenWifiDocument.parse(document(own, ", \"subnet\": [\"192.168.104.0/24\"]", ""));

      assertEquals(own, document.localName());
      assertEquals(Layer.LAYER_3, document.layer());
      assertEquals(recorded, document.networkData());
      assertEquals(recorded.toRevision(0), document.toOverlayConfig().network().orElseThrow());
    }
  }

  @Test
  void layer2DocumentsYieldTheRecordedNetworkData() {
    NetworkData recorded = NetworkData.parse(Documents.vectorText("openwifi-l2-net.json"));
    for (String own : NAMES) {
      OpenWifiDocument document = OpenWifiDocument.parse(document(own, "", ", \"vxlan\": {}"));

      assertEquals(own, document.localName());
      assertEquals(Layer.LAYER_2, document.layer());
      assertEquals(recorded, document.networkData());
      assertEquals(recorded.toRevision(0), document.toOverlayConfig().network().orElseThrow());
    }
  }

  @Test
  void overlayAddressesAreTheRecordedOnes() {
    NetworkRevision revision =
        OpenWifiDocument.parse(document("ap1", "", "")).toOverlayConfig().network().orElseThrow();
    Json.Obj addresses =
        Documents.object(Documents.object(KEYS, "addresses"), "overlay_port_3456_network");
    for (Host host : revision.hosts()) {
      assertEquals(
          InetAddress.ofLiteral(Documents.text(addresses, host.name())), host.overlayAddress());
    }
  }
}
