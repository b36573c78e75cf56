// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.config.NetworkData;
import dev.weft.peer.PrivateKey;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The offline commands of {@code pex-tool}, through the command line. */
class PexToolTest {

  /** Of the recorded vectors: a seed, and what the reference tool makes of it. */
  private static final String SECRET = "qNY2QuCWqMb1YGNU0zkRE0i1rSDIUjzcnWYCMLwIDWc=";

  private static final String AUTH_KEY = "8RDj9h+J6EUsShjmtGThD5AMSHs32UJ9iA7bIYrKHxc=";
  private static final String HOST_KEY = "Cg7PYjuvuexhB85r2yDRESmQ4M6x+KUBZrdz6GPcok0=";

  @TempDir private Path directory;
  private Path network;
  private Path signed;
  private Path secret;

  private record Outcome(int exitCode, String out, String error) {
    String line() {
      return out.strip();
    }
  }

  @BeforeEach
  void names() throws IOException {
    network = directory.resolve("net.json");
    signed = directory.resolve("net.bin");
    secret = directory.resolve("auth.key");
    Files.writeString(secret, SECRET + "\n");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
  }

  private static Outcome run(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter error = new StringWriter();
    CommandLine line = Examples.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(error, true));
    List<String> all = new ArrayList<>(List.of("pex-tool"));
    Arrays.stream(arguments).map(Object::toString).forEach(all::add);
    int exitCode = line.execute(all.toArray(new String[0]));
    return new Outcome(exitCode, out.toString(), error.toString());
  }

  private static Outcome runWithInput(String input, Object... arguments) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
    try {
      return run(arguments);
    } finally {
      System.setIn(before);
    }
  }

  private static Outcome succeed(Object... arguments) {
    Outcome outcome = run(arguments);
    assertEquals(0, outcome.exitCode(), outcome.error());
    return outcome;
  }

  /** Wrong input: exit code 2, one line, nothing changed. */
  private String refuse(Object... arguments) {
    return end(2, arguments);
  }

  private String end(int exitCode, Object... arguments) {
    Outcome outcome = run(arguments);
    assertEquals(exitCode, outcome.exitCode(), outcome.toString());
    List<String> errors =
        outcome.error().lines().filter(line -> !line.startsWith("warning: ")).toList();
    assertEquals(1, errors.size(), outcome.error());
    assertTrue(errors.getFirst().startsWith("error: "), outcome.error());
    assertFalse(outcome.error().contains("Exception"), outcome.error());
    assertFalse(outcome.error().contains(SECRET), outcome.error());
    assertEquals("", outcome.out());
    return outcome.error();
  }

  private void createWithHosts() {
    succeed("create", network, "--auth-key", AUTH_KEY);
    succeed(
        "host",
        "add",
        network,
        "gateway",
        "--key",
        HOST_KEY,
        "--endpoint",
        "192.0.2.1:3456",
        "--ipaddr",
        "192.168.3.1",
        "--group",
        "gateway");
    succeed("host", "add", network, "ap1", "--secret", secret, "--group", "ap");
  }

  @Test
  void aNetworkIsMadeSignedVerifiedAndDumped() throws IOException {
    createWithHosts();
    succeed(
        "service",
        "add",
        network,
        "l2",
        "--type",
        "vxlan",
        "--member",
        "gateway",
        "--member",
        "@ap");
    long before = Instant.now().getEpochSecond();
    Outcome sign = succeed("sign", network, "--key", secret, "--output", signed);
    assertTrue(sign.line().endsWith(" octets, 2 hosts"), sign.out());

    Outcome verify = succeed("verify", signed, "--auth-key", AUTH_KEY, "--json");
    JsonNode values = new ObjectMapper().readTree(verify.out());
    assertTrue(values.get("valid").asBoolean());
    assertEquals(AUTH_KEY, values.get("auth-key").asText());
    assertEquals(2, values.get("hosts").asInt());
    assertEquals(1, values.get("services").asInt());
    assertTrue(Long.parseLong(values.get("version").asText()) >= before);

    assertEquals(Files.readString(network), succeed("dump", signed).out());
    Path dumped = directory.resolve("dumped.json");
    succeed("dump", signed, "-o", dumped, "-k", AUTH_KEY);
    assertArrayEquals(Files.readAllBytes(network), Files.readAllBytes(dumped));

    NetworkData data = NetworkData.parse(Files.readString(dumped));
    assertEquals(List.of("gateway", "ap1"), data.hosts().stream().map(h -> h.name()).toList());
    assertEquals(AUTH_KEY, data.config().id().orElseThrow());
    assertEquals(51830, data.config().port().orElseThrow());
    assertEquals(51831, data.config().pexPort().orElseThrow());
    assertEquals(10, data.config().keepaliveSeconds().orElseThrow());
    assertEquals(List.of("gateway", "@ap"), data.services().getFirst().members());
  }

  @Test
  void aSecondSignatureHasAHigherVersion() throws IOException {
    createWithHosts();
    succeed("sign", network, "-k", secret, "-o", signed, "--version", "4000000000");
    Outcome again = succeed("sign", network, "-k", secret, "-o", signed);
    assertTrue(again.out().startsWith("signed version 4000000001 "), again.out());
    assertTrue(again.error().startsWith("warning: version 4000000001 is in the future"));
    byte[] octets = Files.readAllBytes(signed);
    refuse("sign", network, "-k", secret, "-o", signed, "--version", "4000000001");
    assertArrayEquals(octets, Files.readAllBytes(signed));
  }

  @Test
  void signingIsWhatTheReferenceToolDoes() throws IOException {
    Files.writeString(network, "{\"config\":{},\"hosts\":{}}");
    succeed("sign", network, "-k", secret, "-o", signed, "--version", "1");
    // The second case of the recorded signatures.
    assertEquals(
        "b87651f2af66f492b9b76c953ca3e347100ff7ea03eb0077daab9dc5e67b63df"
            + "feebf332e3eeac292661bb2030ba3b98a57e8d9af83d74791046ee4f34bbfc03",
        HexFormat.of().formatHex(Files.readAllBytes(signed), 8, 72));
  }

  @Test
  void whiteSpaceIsLeftOutOnRequest() throws IOException {
    createWithHosts();
    succeed("sign", network, "-k", secret, "-o", signed, "--compact");
    String dumped = succeed("dump", signed).out();
    assertEquals(1, dumped.lines().count());
    assertEquals(NetworkData.parse(Files.readString(network)), NetworkData.parse(dumped));
  }

  @Test
  void changedDataAreNotValid() throws IOException {
    createWithHosts();
    succeed("sign", network, "-k", secret, "-o", signed);
    assertTrue(
        end(1, "verify", signed, "--auth-key", HOST_KEY)
            .contains("not valid: signed with the key"));
    byte[] octets = Files.readAllBytes(signed);
    octets[200] ^= 1;
    Files.write(signed, octets);
    assertTrue(end(1, "verify", signed).contains("not valid: the signature is not one of"));
    end(1, "dump", signed);
    assertTrue(
        refuse("sign", network, "-k", secret, "-o", signed).contains("no data of this network"));
    assertArrayEquals(octets, Files.readAllBytes(signed));
  }

  @Test
  void documentsThatNodesCannotLoadAreNotSigned() throws IOException {
    Files.writeString(network, "{\"hosts\":");
    refuse("sign", network, "-k", secret, "-o", signed);
    Files.writeString(network, "[]");
    refuse("sign", network, "-k", secret, "-o", signed);
    Files.write(network, new byte[] {'{', (byte) 0xff});
    refuse("sign", network, "-k", secret, "-o", signed);
    Files.writeString(network, "{\"x\":\"" + "x".repeat(140_000) + "\"}");
    assertTrue(refuse("sign", network, "-k", secret, "-o", signed).contains("131072 octets"));
    assertFalse(Files.exists(signed));
  }

  @Test
  void hostsAreChangedAndRemoved() throws IOException {
    createWithHosts();
    succeed("service", "add", network, "l2", "-t", "vxlan", "-m", "gateway", "-m", "@ap");
    succeed("host", "set", network, "ap1", "--gateway", "gateway", "--subnet", "10.1.0.0/16");
    NetworkData data = NetworkData.parse(Files.readString(network));
    assertEquals("gateway", data.host("ap1").orElseThrow().gateway().orElseThrow());
    assertEquals(List.of("ap"), data.host("ap1").orElseThrow().groups());

    assertTrue(refuse("host", "remove", network, "gateway").contains("which is no host"));
    succeed("host", "set", network, "ap1", "--unset", "gateway", "--unset", "subnet");
    succeed("host", "remove", network, "ap1");
    data = NetworkData.parse(Files.readString(network));
    assertTrue(data.host("ap1").isEmpty());
    assertEquals(List.of("gateway"), data.services().getFirst().members());
  }

  @Test
  void groupsGainAndLoseHosts() throws IOException {
    createWithHosts();
    succeed("group", "add", network, "both", "gateway", "ap1");
    succeed("service", "add", network, "s", "--member", "@both", "--config", "port=4790");
    NetworkData data = NetworkData.parse(Files.readString(network));
    assertEquals(List.of("gateway", "both"), data.host("gateway").orElseThrow().groups());
    assertEquals(4790L, data.services().getFirst().config().get("port"));

    succeed("group", "remove", network, "both", "ap1");
    succeed("group", "remove", network, "both");
    data = NetworkData.parse(Files.readString(network));
    assertEquals(List.of("ap"), data.host("ap1").orElseThrow().groups());
    assertEquals(List.of(), data.services().getFirst().members());
    refuse("group", "remove", network, "both");
    succeed("service", "set", network, "s", "--member", "@all");
    succeed("service", "remove", network, "s");
    assertEquals(List.of(), NetworkData.parse(Files.readString(network)).services());
  }

  @Test
  void whatTheToolDoesNotKnowStays() throws IOException {
    Files.writeString(network, "{\"x\":[1,{\"y\":null}],\"hosts\":{},\"config\":{\"dht\":1}}");
    Outcome outcome = succeed("host", "add", network, "a", "--key", HOST_KEY);
    JsonNode root = new ObjectMapper().readTree(Files.readString(network));
    assertEquals("[1,{\"y\":null}]", root.get("x").toString());
    assertEquals(1, root.get("config").get("dht").asInt());
    assertTrue(outcome.error().startsWith("warning: "), outcome.error());
  }

  @ParameterizedTest
  @CsvSource({
    "--ipaddr, 10.0.0.300",
    "--subnet, nonsense",
    "--endpoint, [192.0.2.1",
    "--gateway, nobody",
    "--key, gIZbc==",
    "--port, 65536",
    "--pex-port, -1",
    "--port, x",
    "--no-such-option, x",
    "--unset, key"
  })
  void wrongValuesChangeNothing(String option, String value) throws IOException {
    createWithHosts();
    String before = Files.readString(network);
    refuse("host", "set", network, "ap1", option, value);
    assertEquals(before, Files.readString(network));
  }

  @Test
  void namesThatExistOrDoNotAreRefused() {
    createWithHosts();
    refuse("create", network);
    refuse("host", "add", network, "ap1", "--key", HOST_KEY);
    refuse("host", "add", network, "other", "--key", HOST_KEY);
    refuse("host", "add", network, "other");
    refuse("host", "add", network, "@x", "--secret", secret);
    refuse("host", "set", network, "nobody", "--port", "1");
    refuse("host", "remove", network, "nobody");
    refuse("service", "add", network, "s");
    refuse("service", "add", network, "s", "-m", "nobody");
    refuse("service", "remove", network, "s");
    refuse("group", "add", network, "g", "nobody");
    refuse("host", "add", directory.resolve("missing.json"), "a", "--key", HOST_KEY);
    refuse("verify", directory.resolve("missing.bin"));
    refuse("host");
    refuse();
  }

  @Test
  void hostsAreShownWithTheirOverlayAddresses() throws IOException {
    createWithHosts();
    succeed("service", "add", network, "l2", "-t", "vxlan", "-m", "@all");
    String table = succeed("show", network).out();
    assertTrue(table.contains("ap1"), table);
    String lines = succeed("show", network, "--json").out();
    JsonNode first = new ObjectMapper().readTree(lines.lines().findFirst().orElseThrow());
    assertEquals("gateway", first.get("host").asText());
    assertTrue(first.get("overlay-address").asText().startsWith("fd"), lines);
    succeed("sign", network, "-k", secret, "-o", signed);
    assertEquals(lines, succeed("show", signed, "--json").out());
  }

  @Test
  void generatedKeysAreSecretAndHavePublicKeys() throws IOException {
    Path file = directory.resolve("host.key");
    assertEquals("", succeed("genkey", "-o", file).out());
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    String key = Files.readString(file).strip();
    assertEquals(PrivateKey.parse(key).publicKey().toString(), succeed("pubkey", file).line());
    assertEquals(PrivateKey.parse(key).publicKey().toString(), runWithInput(key, "pubkey").line());
    assertFalse(key.equals(succeed("genkey").line()));
    end(1, "genkey", "-o", file);
    assertEquals(key, Files.readString(file).strip());
  }

  @Test
  void publicKeysAreThoseOfTheReferenceTool() {
    assertEquals(AUTH_KEY, succeed("pubkey", "--auth", secret).line());
  }

  @Test
  void aSecretThatOthersCanReadIsWarnedOf() throws IOException {
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r--r--"));
    Outcome outcome = succeed("pubkey", secret);
    assertTrue(outcome.error().startsWith("warning: "), outcome.error());
    assertFalse(outcome.error().contains(SECRET));
  }

  @Test
  void passphrasesGiveTheSecretsOfTheReferenceTool() throws IOException {
    Outcome outcome =
        runWithInput("correct horse battery staple", "passphrase", "--seed", "1,abcdef");
    assertEquals("LQX0+ccselcSMTEx9HCsASpfwoU/tf8G/lfdXR2mARE=", outcome.line());

    succeed("create", network, "--rounds", "1", "--salt", "00112233445566778899aabbccddeeff");
    Outcome ofNetwork =
        runWithInput("correct horse battery staple", "passphrase", "--network", network);
    Outcome sameSeed =
        runWithInput(
            "correct horse battery staple",
            "passphrase",
            "--seed",
            "1,00112233445566778899aabbccddeeff");
    assertEquals(sameSeed.line(), ofNetwork.line());
  }

  @ParameterizedTest
  @ValueSource(strings = {"short", ""})
  void shortPassphrasesAreRefused(String passphrase) {
    Outcome outcome = runWithInput(passphrase, "passphrase", "-s", "1,ab");
    assertEquals(2, outcome.exitCode());
    assertEquals(1, outcome.error().lines().count());
  }

  @Test
  void combinedSecretsAreThoseOfTheReferenceTool() throws IOException {
    Path first = directory.resolve("first");
    Path second = directory.resolve("second");
    Files.writeString(first, "Z+8LWpQEiRv2Ju7tw1bihzWh229XtDCMwW9qxJwoGwY=");
    Files.writeString(second, "vMrJizU/YRfkzTA0PtF0ME8UKHvMKMJfDR3derpGZ1Q=");
    assertEquals(
        "mPVUqptr7c3YLSbtUXFV5MZdolmwdfEAZlFbhQcklHw=",
        succeed("pubkey", first, "--xor", second).line());
    assertEquals(
        "xJGf2OHG44is5kBaNH0J3orxB8cKDcEGPzrSrwBgx6M=",
        succeed("pubkey", "--auth", first, "--xor", second).line());
  }

  @Test
  void somethingElseThanASecretIsNotRepeated() throws IOException {
    String odd = SECRET.substring(0, 43) + "!";
    Files.writeString(secret, odd);
    assertFalse(refuse("pubkey", secret).contains(odd));
    assertFalse(refuse("create", network, "--auth-key", odd).contains(odd.substring(0, 10)));
    refuse("pubkey", directory.resolve("missing"));
  }
}
