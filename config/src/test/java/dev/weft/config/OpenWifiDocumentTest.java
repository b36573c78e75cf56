// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.PexConfig;
import dev.weft.overlay.PortKind;
import dev.weft.overlay.ServiceDefinition;
import dev.weft.overlay.VxlanConfig;
import dev.weft.transport.EndpointName;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class OpenWifiDocumentTest {

  /** The service object of ap1's sample, without braces around its name. */
  private static String member() {
    return Documents.AP1.strip().substring(1, Documents.AP1.strip().length() - 1).strip();
  }

  private static String service() {
    return member().substring(member().indexOf('{'));
  }

  private static String configuration(String interfaces) {
    return "{\"uuid\": 1, \"interfaces\": %s, \"services\": {\"ssh\": {}, %s}}"
        .formatted(interfaces, member());
  }

  private static String ap1With(String members) {
    return "{" + members + "," + service().substring(1);
  }

  @Test
  void theSamplesAreOneNetwork() {
    List<OpenWifiDocument> documents =
        List.of(Documents.ROOT, Documents.AP1, Documents.AP2).stream()
            .map(OpenWifiDocument::parse)
            .toList();

    assertDoesNotThrow(() -> OpenWifiDocument.requireAgreement(documents));
    assertEquals(
        List.of("gateway", "ap1", "ap2"),
        documents.stream().map(OpenWifiDocument::localName).toList());
    assertEquals(
        List.of(), documents.stream().flatMap(document -> document.warnings().stream()).toList());
    assertEquals(1, documents.stream().map(OpenWifiDocument::networkData).distinct().count());
  }

  @Test
  void aLayer3DocumentBecomesAnOverlay() {
    OverlayConfig config = OpenWifiDocument.parse(Documents.AP1).toOverlayConfig();

    assertEquals("ap1", config.name());
    assertEquals(OptionalInt.of(3456), config.interfaceConfig().listenPort());
    assertEquals(Optional.empty(), config.interfaceConfig().bindAddress());
    assertEquals(new PortKind.InProcess(), config.interfaceConfig().portKind());
    assertEquals(Optional.of(PexConfig.defaults()), config.pex());
    assertEquals(Optional.empty(), config.vxlan());
    NetworkRevision revision = config.network().orElseThrow();
    assertEquals(Duration.ofSeconds(10), revision.keepalive());
    assertEquals(3456, revision.port());
    assertEquals(
        List.of("gateway", "ap1", "ap2"), revision.hosts().stream().map(Host::name).toList());
    Host gateway = revision.hosts().getFirst();
    assertEquals(List.of("gateway"), gateway.groups());
    assertEquals(List.of(IpPrefix.parse("0.0.0.0/0")), gateway.subnets());
    assertEquals(Optional.of(new EndpointName("127.0.0.1", 3456)), gateway.endpoint());
    assertEquals(3458, gateway.pexPort());
    assertEquals(List.of("ap"), revision.hosts().getLast().groups());
    assertEquals(Optional.empty(), revision.hosts().getLast().endpoint());
    assertEquals(
        config.interfaceConfig().privateKey().publicKey(),
        revision.host("ap1").orElseThrow().key());
  }

  @Test
  void aLayer2DocumentBecomesAnOverlayWithItsService() {
    OverlayConfig config = OpenWifiDocument.parse(ap1With("\"vxlan\": {}")).toOverlayConfig();

    assertEquals(Optional.of(new VxlanConfig("l2-tunnel")), config.vxlan());
    NetworkRevision revision = config.network().orElseThrow();
    assertEquals(
        List.of(
            new ServiceDefinition(
                "l2-tunnel",
                "vxlan",
                Map.of("port", 4789L, "forward_ports", List.of("gateway")),
                List.of("gateway", "ap1", "ap2"))),
        revision.services());
    assertEquals(List.of(), revision.hosts().getFirst().subnets());
  }

  @Test
  void withoutIsolationThereAreNoForwardPorts() {
    NetworkData data =
        OpenWifiDocument.parse(ap1With("\"vxlan\": {\"port\": 5000, \"isolate\": false}"))
            .networkData();

    assertEquals(Map.of("port", 5000L), data.services().getFirst().config());
  }

  @Test
  void optionsOverrideTheDocument() {
    OpenWifiDocument.Options options =
        OpenWifiDocument.Options.builder()
            .layer(Layer.LAYER_2)
            .bindAddress(InetAddress.ofLiteral("127.0.0.2"))
            .name("site")
            .portKind(new PortKind.Tun("unet"))
            .build();
    OverlayConfig config = OpenWifiDocument.parse(Documents.AP1).toOverlayConfig(options);

    assertEquals("site", config.name());
    assertEquals(
        Optional.of(InetAddress.ofLiteral("127.0.0.2")), config.interfaceConfig().bindAddress());
    assertEquals(new PortKind.Tun("unet"), config.interfaceConfig().portKind());
    assertTrue(config.vxlan().isPresent());
    assertEquals(1, config.network().orElseThrow().services().size());
  }

  @Test
  void aLayer2OptionNeedsAVxlanPortOfItsOwn() {
    OpenWifiDocument document = OpenWifiDocument.parse(ap1With("\"peer-port\": 4789"));
    OpenWifiDocument.Options options =
        OpenWifiDocument.Options.builder().layer(Layer.LAYER_2).build();

    assertEquals(
        List.of("/vxlan/port"), Documents.problems(() -> document.toOverlayConfig(options)));
  }

  @Test
  void allFormsHoldTheSameService() {
    NetworkData expected = OpenWifiDocument.parse(Documents.AP1).networkData();
    String listed = "[{\"role\": \"upstream\", \"services\": [\"wireguard-overlay\"]}]";

    for (String form : List.of(service(), member(), "\ufeff\n" + member(), configuration(listed))) {
      OpenWifiDocument document = OpenWifiDocument.parse(form);
      assertEquals(expected, document.networkData());
      assertEquals("ap1", document.localName());
    }
  }

  @Test
  void typographicQuotesAreReadAsStraightOnesWithAWarning() {
    String mixed =
        member().replaceFirst("\"private-key\"", "“private-key”").replace("\"ap1\"", "‘ap1’");
    OpenWifiDocument document = OpenWifiDocument.parse(mixed);

    assertEquals("ap1", document.localName());
    assertEquals(1, document.warnings().size());
  }

  @Test
  void aTypographicQuoteInsideStraightOnesStaysWhatItIs() {
    OpenWifiDocument document =
        OpenWifiDocument.parse(Documents.AP1.replace("\"ap1\"", "\"the “first”\""));

    assertEquals("the “first”", document.localName());
    assertEquals(List.of(), document.warnings());
  }

  @ParameterizedTest
  @CsvSource({"wireguard-overlay, LAYER_3", "vxlan-overlay, LAYER_2"})
  void theInterfaceDecidesTheLayerOfAConfiguration(String listed, Layer layer) {
    String interfaces =
        "[{\"services\": [\"lldp\"]}, {\"services\": [\"%s\"]}, {}]".formatted(listed);

    assertEquals(layer, OpenWifiDocument.parse(configuration(interfaces)).layer());
  }

  @Test
  void aGivenLayerNeedsNoInterface() {
    assertEquals(Layer.LAYER_2, OpenWifiDocument.parse(configuration("[]"), Layer.LAYER_2).layer());
  }

  @Test
  void oneInterfaceCannotListBothServices() {
    String both = "[{\"services\": [\"vxlan-overlay\", \"wireguard-overlay\"]}]";

    assertEquals(
        List.of("/interfaces/0/services"),
        Documents.problems(() -> OpenWifiDocument.parse(configuration(both))));
  }

  @Test
  void anIpv6EndpointIsAWarningAndWorks() {
    OpenWifiDocument document =
        OpenWifiDocument.parse(Documents.AP1.replace("127.0.0.1", "2001:db8::1"));

    assertEquals(
        List.of("/wireguard-overlay/root-node/endpoint"),
        document.warnings().stream().map(ConfigWarning::location).toList());
    Host gateway = document.toOverlayConfig().network().orElseThrow().host("gateway").orElseThrow();
    assertEquals(
        InetAddress.ofLiteral("2001:db8::1"),
        InetAddress.ofLiteral(gateway.endpoint().orElseThrow().host()));
  }

  @Test
  void unknownMembersAndUnnamedHostsAreWarnings() {
    OpenWifiDocument document =
        OpenWifiDocument.parse(
            ap1With("\"peerport\": 1")
                .replace("[\n", "[\n{\"key\": \"x\"},")
                .replace("{ \"name\": \"ap2\"", "{ \"x\": 1, \"name\": \"ap2\""));

    assertEquals(
        List.of("/peerport", "/hosts/0/name", "/hosts/2/x"),
        document.warnings().stream().map(ConfigWarning::location).toList());
    assertEquals(3, document.networkData().hosts().size());
  }

  @Test
  void aVxlanPortMustDifferFromTheOthers() {
    assertEquals(
        List.of("/vxlan/port"),
        Documents.problems(() -> OpenWifiDocument.parse(ap1With("\"vxlan\": {\"port\": 3456}"))));
  }

  @Test
  void subnetsOfOneHostMayOverlapWithAWarning() {
    OpenWifiDocument document =
        OpenWifiDocument.parse(
            Documents.AP1.replace(
                "{ \"name\": \"ap1\"",
                "{ \"subnet\": [\"10.0.0.0/8\", \"10.1.0.0/16\"], \"name\": \"ap1\""));

    assertEquals(1, document.warnings().size());
  }

  @Test
  void aCoveringSubnetIsAProblemWhereverItStands() {
    String wideSecond =
        Documents.AP1
            .replace("{ \"name\": \"ap1\"", "{ \"subnet\": [\"10.1.0.0/16\"], \"name\": \"ap1\"")
            .replace("{ \"name\": \"ap2\"", "{ \"subnet\": [\"10.0.0.0/8\"], \"name\": \"ap2\"");

    assertEquals(
        List.of("/wireguard-overlay/hosts/1/subnet/0"),
        Documents.problems(() -> OpenWifiDocument.parse(wideSecond)));
  }

  @Test
  void disagreementsAreNamedWithTheirDocuments() {
    OpenWifiDocument root = OpenWifiDocument.parse(Documents.ROOT);
    OpenWifiDocument other = OpenWifiDocument.parse(ap1With("\"peer-port\": 3460, \"vxlan\": {}"));

    assertEquals(
        List.of("/peer-port", "/vxlan"),
        Documents.problems(() -> OpenWifiDocument.requireAgreement(List.of(root, other))));
  }

  @Test
  void oneDeviceTwiceIsADisagreement() {
    OpenWifiDocument ap1 = OpenWifiDocument.parse(Documents.AP1);

    assertEquals(
        List.of("/private-key"),
        Documents.problems(() -> OpenWifiDocument.requireAgreement(List.of(ap1, ap1))));
  }

  @Test
  void theOrderOfHostsDoesNotMatterForAgreement() {
    List<String> lines = Documents.AP1.lines().toList();
    String swapped =
        String.join(
            "\n",
            lines.get(0),
            lines.get(1),
            lines.get(2),
            lines.get(3),
            lines.get(4),
            lines.get(6) + ",",
            lines.get(5).replaceAll(",$", ""),
            lines.get(7),
            lines.get(8),
            lines.get(9));

    assertDoesNotThrow(
        () ->
            OpenWifiDocument.requireAgreement(
                List.of(OpenWifiDocument.parse(Documents.ROOT), OpenWifiDocument.parse(swapped))));
  }

  @Test
  void theTextFormTellsNoKey() {
    OpenWifiDocument document = OpenWifiDocument.parse(Documents.AP1);

    assertEquals("OpenWifiDocument[ap1, LAYER_3]", document.toString());
    assertFalse(document.toOverlayConfig().toString().contains(privateKey()));
  }

  private static String privateKey() {
    return Documents.AP1.split("\"", -1)[5];
  }

  @Test
  void aDocumentAboveItsLargestSizeIsOneProblem() {
    String large = ap1With("\"x\": \"" + "é".repeat(JsonText.MAX_OCTETS / 2) + "\"");

    assertEquals(List.of(""), Documents.problems(() -> OpenWifiDocument.parse(large)));
  }

  @Test
  void aDocumentFullOfMistakesIsReadInTimeAndListedInBounds() {
    String subnets = "\"10.0.0.0/8\",".repeat(40_000) + "\"10.0.0.0/8\"";
    String text =
        Documents.AP1
            .replace("{ \"name\": \"ap1\"", "{ \"subnet\": [" + subnets + "], \"name\": \"ap1\"")
            .replace("{ \"name\": \"ap2\"", "{ \"subnet\": [" + subnets + "], \"name\": \"ap2\"");

    List<String> problems =
        assertTimeout(
            Duration.ofSeconds(20), () -> Documents.problems(() -> OpenWifiDocument.parse(text)));
    assertEquals(1001, problems.size());
  }
}
