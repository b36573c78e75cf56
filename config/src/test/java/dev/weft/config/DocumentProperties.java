// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.overlay.OverlayConfig;
import java.util.List;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever the text, reading ends with a document or with its one exception. */
final class DocumentProperties {

  private static final String SECRET = Documents.AP1.split("\"", -1)[5];

  private static final String CONFIGURATION =
      "{\"interfaces\": [{\"services\": [\"vxlan-overlay\"]}], \"services\": "
          + Documents.AP1
          + "}";

  private static final List<String> PIECES =
      List.of(
          "\"",
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "null",
          "0",
          "-1",
          "1e400",
          "3456",
          "\"\"",
          "\\",
          "“",
          "\"vxlan\":{},",
          "\"subnet\":[\"0.0.0.0/0\"],",
          "::",
          "/",
          "\n",
          "\u0000",
          "\ud800",
          "#",
          "=",
          "[Peer]\n",
          "true",
          "\"gateway\"",
          "\"@all\"",
          "\"key\":");

  @Provide
  Arbitrary<String> openWifi() {
    return mutated(
        Documents.ROOT, Documents.AP1, CONFIGURATION, Documents.sample("broken/port-70000.json"));
  }

  @Provide
  Arbitrary<String> local() {
    return mutated(Documents.sample("unetd/ap1.json"));
  }

  @Provide
  Arbitrary<String> wgQuick() {
    return mutated(Documents.sample("wg-quick/ap1.conf"));
  }

  private static Arbitrary<String> mutated(String... documents) {
    return Combinators.combine(
            Arbitraries.of(documents), mutations().list().ofMinSize(1).ofMaxSize(4))
        .as(
            (document, changes) -> {
              String text = document;
              for (Function<String, String> change : changes) {
                text = change.apply(text);
              }
              return text;
            });
  }

  /** Replaces a range by a piece, or by another range of the same text. */
  private static Arbitrary<Function<String, String>> mutations() {
    Arbitrary<Double> place = Arbitraries.doubles().between(0, 1);
    return Combinators.combine(
            place, Arbitraries.integers().between(0, 12), place, Arbitraries.of(PIECES), coin())
        .as(
            (at, length, from, piece, copy) ->
                text -> {
                  int start = (int) (at * text.length());
                  int end = Math.min(start + length, text.length());
                  int copied = (int) (from * text.length());
                  String insert =
                      copy
                          ? text.substring(copied, Math.min(copied + 4 * length, text.length()))
                          : piece;
                  return text.substring(0, start) + insert + text.substring(end);
                });
  }

  private static Arbitrary<Boolean> coin() {
    return Arbitraries.of(true, false);
  }

  @Property
  void mutatedOpenWifiDocumentsAreReadOrRefused(@ForAll("openWifi") String text) {
    readsOrRefuses(
        () -> {
          OpenWifiDocument document = OpenWifiDocument.parse(text);
          OverlayConfig config = document.toOverlayConfig();
          assertEquals(
              config.network().orElseThrow().hosts().size(), document.networkData().hosts().size());
          OpenWifiDocument.requireAgreement(List.of(document));
        });
  }

  @Property
  void mutatedNetworkDataSurviveWriting(@ForAll("local") String text) {
    readsOrRefuses(
        () -> {
          NetworkData data =
              NetworkData.parse(text.substring(Math.max(text.indexOf("\"data\":") + 7, 0)));
          assertEquals(data, NetworkData.parse(data.toJson()));
          data.toRevision(-1);
        });
  }

  @Property
  void mutatedLocalNetworksAreReadOrRefused(@ForAll("local") String text) {
    readsOrRefuses(
        () -> {
          LocalNetwork network = LocalNetwork.parse(text);
          network.data().ifPresent(data -> network.toOverlayConfig(data, 1));
        });
  }

  @Property
  void mutatedWgQuickDocumentsAreReadOrRefused(@ForAll("wgQuick") String text) {
    readsOrRefuses(() -> WgQuickDocument.parse(text).toOverlayConfig("name"));
  }

  @Property
  void anyTextIsReadOrRefused(@ForAll String text) {
    readsOrRefuses(() -> OpenWifiDocument.parse(text).toOverlayConfig());
    readsOrRefuses(() -> NetworkData.parse(text).toRevision(0));
    readsOrRefuses(() -> LocalNetwork.parse(text));
    readsOrRefuses(() -> WgQuickDocument.parse(text).toOverlayConfig("name"));
  }

  private static void readsOrRefuses(Runnable call) {
    try {
      call.run();
    } catch (InvalidConfigurationException e) {
      assertFalse(e.problems().isEmpty());
      assertFalse(e.toString().contains(SECRET));
    }
  }
}
