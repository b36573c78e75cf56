// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.transport.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The management of a service that runs, over TCP; each JSON answer is checked by its schema. */
@Timeout(120)
class ManagementApiTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

  @TempDir private Path directory;

  private final HttpClient client = HttpClient.newHttpClient();

  @SuppressWarnings("NullAway.Init") // Set before each test.
  private PexServer server;

  @SuppressWarnings("NullAway.Init") // Set before each test.
  private String token;

  @BeforeEach
  void start() throws IOException {
    Samples.write(directory.resolve("one.json"), Samples.inline("one", 10));
    Samples.write(directory.resolve("dyn.json"), Samples.dynamic("dyn"));
    Samples.write(directory.resolve("broken.json"), "{\"name\": 1}");
    server =
        PexServer.open(
            PexServerConfig.builder()
                .directory(directory)
                .bindAddress(LOOPBACK)
                .pexPort(0)
                .stunPort(0)
                .management(new Endpoint(LOOPBACK, 0))
                .rescanInterval(Duration.ofHours(1))
                .build());
    server.ready().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
    token = Files.readString(server.tokenFile().orElseThrow()).strip();
  }

  @AfterEach
  void stop() {
    server.close();
    client.close();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://" + server.management().orElseThrow() + path))
        .timeout(Duration.ofSeconds(30));
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    HttpResponse<String> answer =
        client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertNoSecret(answer.body());
    return answer;
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return send(request(path).header("Authorization", "Bearer " + token));
  }

  private HttpResponse<String> put(String network, byte[] body)
      throws IOException, InterruptedException {
    return send(
        request("/networks/" + network + "/data")
            .header("Authorization", "Bearer " + token)
            .PUT(BodyPublishers.ofByteArray(body)));
  }

  private void assertNoSecret(String body) {
    assertFalse(body.contains(token), "the token in " + body);
    assertFalse(body.contains(Samples.KEY), "a private key in " + body);
    assertFalse(body.contains(Samples.KEY.substring(0, 20)), "a piece of a key in " + body);
  }

  private static JsonNode valid(String schema, HttpResponse<String> answer) throws IOException {
    assertEquals(
        "application/json", answer.headers().firstValue("content-type").orElse(""), answer.body());
    try (InputStream in = PexServer.class.getResourceAsStream("schema/" + schema + ".json")) {
      JsonSchema form =
          JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(in);
      JsonNode node = MAPPER.readTree(answer.body());
      Set<ValidationMessage> wrong = form.validate(node);
      assertEquals(Set.of(), wrong, answer.body());
      return node;
    }
  }

  @Test
  void healthAndReadinessNeedNoToken() throws IOException, InterruptedException {
    HttpResponse<String> health = send(request("/healthz"));
    assertEquals(200, health.statusCode());
    assertEquals("ok", valid("health", health).get("status").asText());
    HttpResponse<String> ready = send(request("/readyz"));
    assertEquals(200, ready.statusCode());
    assertEquals("ready", valid("health", ready).get("status").asText());
  }

  @Test
  void everythingElseNeedsTheToken() throws IOException, InterruptedException {
    for (String path :
        List.of("/metrics", "/networks", "/networks/one", "/schemas/network.json", "/none")) {
      for (String wrong : List.of("", "Bearer", "Bearer ", "Bearer x" + token, "Basic " + token)) {
        HttpRequest.Builder request = request(path);
        if (!wrong.isEmpty()) {
          request.header("Authorization", wrong);
        }
        HttpResponse<String> answer = send(request);
        assertEquals(401, answer.statusCode(), path + " with " + wrong);
        assertEquals("Bearer", answer.headers().firstValue("www-authenticate").orElse(""));
        valid("error", answer);
      }
    }
    byte[] body = new byte[1_000];
    HttpResponse<String> put =
        send(request("/networks/dyn/data").PUT(BodyPublishers.ofByteArray(body)));
    assertEquals(401, put.statusCode());
  }

  @Test
  void theTokenIsItsOwnersAlone() throws IOException {
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(server.tokenFile().orElseThrow())));
    assertTrue(token.length() >= 43);
  }

  @Test
  void listsNetworksAndFilesWithTheirProblems() throws IOException, InterruptedException {
    JsonNode list = valid("networks", get("/networks"));
    assertTrue(list.get("ready").asBoolean());
    assertEquals("dyn", list.get("networks").get(0).get("name").asText());
    assertEquals("running", list.get("networks").get(1).get("state").asText());
    assertEquals(1, list.get("networks").get(1).get("peers").asInt());
    JsonNode broken = list.get("files").get(0);
    assertEquals("broken.json", broken.get("file").asText());
    assertTrue(broken.get("network").isNull());
    assertEquals("/name", broken.get("problems").get(0).get("location").asText());
  }

  @Test
  void showsOneNetwork() throws IOException, InterruptedException {
    JsonNode one = valid("network", get("/networks/one"));
    assertEquals(Samples.publicKey(), one.get("local-key").asText());
    assertEquals("server", one.get("local-name").asText());
    assertEquals("client", one.get("peers").get(0).get("name").asText());
    assertTrue(one.get("data").isNull());
    JsonNode dyn = valid("network", get("/networks/dyn"));
    assertEquals(0, dyn.get("version").asLong());
    assertEquals(404, get("/networks/none").statusCode());
    valid("error", get("/networks/none"));
  }

  @Test
  void installsSignedDataAndRefusesTheRestWithAReason() throws IOException, InterruptedException {
    byte[] signed = SignedNetworkData.sign(Samples.SEED, 1_700_000_000L, Samples.data(10)).octets();
    HttpResponse<String> installed = put("dyn", signed);
    assertEquals(200, installed.statusCode(), installed.body());
    assertEquals(1_700_000_000L, valid("installed", installed).get("version").asLong());
    JsonNode network = valid("network", get("/networks/dyn"));
    assertEquals(1_700_000_000L, network.get("data").get("version").asLong());
    assertEquals(signed.length, network.get("data").get("octets").asInt());
    assertArrayEquals(signed, Files.readAllBytes(directory.resolve("state/dyn.bin")));

    assertRefused(409, "not-newer", put("dyn", signed));
    byte[] otherKey = new byte[32];
    assertRefused(
        422,
        "key-mismatch",
        put("dyn", SignedNetworkData.sign(otherKey, 1_800_000_000L, "{}").octets()));
    byte[] changed = signed.clone();
    changed[100 + 50] ^= 1;
    assertRefused(422, "bad-signature", put("dyn", changed));
    assertRefused(422, "malformed", put("dyn", new byte[0]));
    assertRefused(422, "malformed", put("dyn", "hello".getBytes(StandardCharsets.UTF_8)));
    assertRefused(409, "not-running", put("one", signed));
    assertEquals(404, put("none", signed).statusCode());
  }

  private static void assertRefused(int status, String outcome, HttpResponse<String> answer)
      throws IOException {
    assertEquals(status, answer.statusCode(), answer.body());
    assertEquals(outcome, valid("error", answer).get("outcome").asText());
  }

  @Test
  void aBodyBeyondTheBoundIsRefused() throws IOException, InterruptedException {
    HttpResponse<String> answer = put("dyn", new byte[SignedNetworkData.MAX_OCTETS + 1]);
    assertEquals(413, answer.statusCode());
    valid("error", answer);
  }

  @Test
  void otherMethodsAreRefusedWithThoseThatAre() throws IOException, InterruptedException {
    HttpResponse<String> answer =
        send(
            request("/networks")
                .header("Authorization", "Bearer " + token)
                .POST(BodyPublishers.noBody()));
    assertEquals(405, answer.statusCode());
    assertEquals("GET, HEAD", answer.headers().firstValue("allow").orElse(""));
    valid("error", answer);
    assertEquals(405, get("/networks/dyn/data").statusCode());
    assertEquals(405, send(request("/healthz").DELETE()).statusCode());
  }

  @Test
  void publishesItsSchemas() throws IOException, InterruptedException {
    for (String schema : ManagementApi.SCHEMAS) {
      HttpResponse<String> answer = get("/schemas/" + schema);
      assertEquals(200, answer.statusCode(), schema);
      assertTrue(MAPPER.readTree(answer.body()).has("$schema"));
    }
    assertEquals(404, get("/schemas/none.json").statusCode());
    assertEquals(404, get("/schemas/%2e%2e").statusCode());
  }

  @Test
  void metricsAreWhatPrometheusReads() throws IOException, InterruptedException {
    HttpResponse<String> answer = get("/metrics");
    assertEquals(
        "text/plain; version=0.0.4; charset=utf-8",
        answer.headers().firstValue("content-type").orElse(""));
    Pattern sample =
        Pattern.compile(
            "[a-z_]+(\\{[a-z]+=\"(\\\\.|[^\"\\\\])*\"(,[a-z]+=\"(\\\\.|[^\"\\\\])*\")?})? [0-9]+");
    for (String line : answer.body().lines().toList()) {
      assertTrue(line.startsWith("# ") || sample.matcher(line).matches(), line);
    }
    for (String expected :
        List.of(
            "weft_ready 1",
            "weft_networks{state=\"running\"} 2",
            "weft_network_running{network=\"one\"} 1",
            "weft_peers{network=\"one\"} 1",
            "weft_definitions_broken 1",
            "weft_received_bytes_total{network=\"one\"} 0",
            "weft_handshakes_total{network=\"dyn\"} 0",
            "weft_stun_requests_total{result=\"answered\"} 0")) {
      assertTrue(answer.body().contains(expected + "\n"), expected + " in " + answer.body());
    }
    assertFalse(answer.body().contains(Samples.publicKey()));
    assertFalse(answer.body().contains("client"));
  }
}
