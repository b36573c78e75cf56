// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.ConfigProblem;
import dev.weft.overlay.InvalidConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each document in {@code examples/configs/broken}, and what is found in it. */
final class BrokenDocumentsTest {

  private static final String S = "/wireguard-overlay";

  private static final Map<String, List<String>> EXPECTED = new TreeMap<>();

  /** Without a mistake of their own. */
  private static final Set<String> VALID =
      Set.of("disagreeing.json", "layer2-without-provider.json");

  static {
    expect("bad-ipaddr", S + "/hosts/1/ipaddr/0", S + "/hosts/1/ipaddr/1");
    expect("bad-subnet-bits", S + "/hosts/0/subnet/0", S + "/hosts/1/subnet/0");
    expect("deep-nesting", "line 1, column 97");
    expect("duplicate-address", S + "/hosts/1/ipaddr/0");
    expect("duplicate-key", S + "/hosts/1/key");
    expect("duplicate-member", S + "/private-key");
    expect("duplicate-name", S + "/hosts/1/name");
    expect("empty", "line 2, column 1");
    expect("endpoint-name", S + "/root-node/endpoint");
    expect("endpoint-with-port", S + "/root-node/endpoint");
    expect("host-named-gateway", S + "/hosts/1/name");
    expect("host-without-key", S + "/hosts/1/key");
    expect("hosts-no-array", S + "/hosts");
    expect("ipaddr-no-array", S + "/hosts/1/ipaddr");
    expect("key-not-base64", S + "/root-node/key");
    expect("key-wrong-length", S + "/hosts/1/key");
    expect("missing-root-node", S + "/root-node");
    expect("no-interface", "/interfaces");
    expect("no-own-host", S + "/private-key");
    expect("no-service", "/services/wireguard-overlay");
    expect("no-service-object", "");
    expect("not-an-object", "");
    expect("overlapping-subnets", S + "/hosts/1/subnet/1");
    expect("port-51819", S + "/peer-port");
    expect("port-70000", S + "/peer-port");
    expect("port-fraction", S + "/peer-port");
    expect("port-string", S + "/peer-port");
    expect("port-zero", S + "/peer-exchange-port");
    expect("ports-equal", S + "/peer-exchange-port");
    expect("private-key-missing", S + "/private-key");
    expect("private-key-wrong-length", S + "/private-key");
    expect(
        "published-example",
        S + "/private-key",
        S + "/root-node/key",
        S + "/hosts/0/key",
        S + "/hosts/1/key");
    expect("root-without-endpoint", S + "/root-node/endpoint");
    expect("root-without-ipaddr", S + "/root-node/ipaddr");
    expect("root-without-key", S + "/root-node/key");
    expect(
        "several-mistakes",
        S + "/root-node/endpoint",
        S + "/root-node/ipaddr",
        S + "/hosts/0/ipaddr/1",
        S + "/hosts/1/key",
        S + "/hosts/1/subnet/0",
        S + "/peer-port");
    expect("subnet-covers-endpoint", S + "/hosts/0/subnet/0");
    expect("truncated", "line 7, column 58");
    expect("two-interfaces", "/interfaces/2/services");
    expect("typographic-mess", "line 5, column 5");
    expect("vxlan-values", S + "/vxlan/port", S + "/vxlan/mtu", S + "/vxlan/isolate");
    expect("wrong-proto", S + "/proto");
    EXPECTED.put(
        "several-mistakes.conf",
        List.of(
            "line 1", "line 3", "line 4", "line 5", "line 6", "line 10", "line 11", "line 12",
            "line 14", "line 16"));
  }

  private static void expect(String name, String... locations) {
    EXPECTED.put(name + ".json", List.of(locations));
  }

  static Stream<Arguments> documents() {
    return EXPECTED.entrySet().stream().map(e -> Arguments.of(e.getKey(), e.getValue()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("documents")
  void everyMistakeIsNamedAndNoSecretIs(String name, List<String> locations) {
    String text = Documents.sample("broken/" + name);
    InvalidConfigurationException e =
        assertThrows(
            InvalidConfigurationException.class,
            () -> {
              if (name.endsWith(".conf")) {
                WgQuickDocument.parse(text);
              } else {
                OpenWifiDocument.parse(text);
              }
            });

    assertEquals(
        locations, e.problems().stream().map(ConfigProblem::location).toList(), e::toString);
    for (String secret : secrets(text)) {
      assertFalse(e.toString().contains(secret.substring(0, 12)), "the message tells a secret");
    }
  }

  private static List<String> secrets(String text) {
    Matcher matcher =
        Pattern.compile(
                "(?:private-key\"|PrivateKey|PresharedKey)\\s*[:=]\\s*\"?([A-Za-z0-9+/=]{12,})")
            .matcher(text);
    return matcher.results().map(result -> result.group(1)).toList();
  }

  @Test
  void everyBrokenDocumentHasAnExpectation() throws IOException {
    Set<String> expected = new TreeSet<>(EXPECTED.keySet());
    expected.addAll(VALID);
    try (Stream<Path> files = Files.list(Documents.SAMPLES.resolve("broken"))) {
      assertEquals(
          expected,
          files
              .map(file -> file.getFileName().toString())
              .collect(Collectors.toCollection(TreeSet::new)));
    }
  }

  @Test
  void theLayer2DocumentIsValid() {
    OpenWifiDocument document =
        OpenWifiDocument.parse(Documents.sample("broken/layer2-without-provider.json"));

    assertTrue(document.isRoot());
    assertEquals("l2-tunnel", document.toOverlayConfig().vxlan().orElseThrow().service());
  }

  @Test
  void theDisagreeingDocumentIsValidAlone() {
    OpenWifiDocument root = OpenWifiDocument.parse(Documents.ROOT);
    OpenWifiDocument ap1 = OpenWifiDocument.parse(Documents.sample("broken/disagreeing.json"));
    OpenWifiDocument ap2 = OpenWifiDocument.parse(Documents.AP2);

    assertEquals(
        List.of("/hosts/1/ipaddr"),
        Documents.problems(() -> OpenWifiDocument.requireAgreement(List.of(root, ap1, ap2))));
  }
}
