// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.server.http.Connections;
import dev.weft.pex.server.http.HttpAnswer;
import dev.weft.pex.server.http.HttpHead;
import dev.weft.pex.server.http.HttpService;
import dev.weft.spi.RandomSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever arrives on a management connection ends with one answer that tells no secret. */
final class ManagementFuzz {

  private static final String TOKEN = "0123456789abcdefghij";
  private static final String AUTHORIZED = "Authorization: Bearer " + TOKEN + "\r\n";
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.1 ([1-5][0-9][0-9]) ");
  private static final Set<String> WITHOUT_TOKEN =
      Set.of("200", "400", "401", "405", "408", "413", "414", "431", "503");

  /** The token is there, so none is made. */
  private static final class NoRandom implements RandomSource {
    @Override
    public void nextBytes(byte[] target) {
      throw new AssertionError("a token was made");
    }

    @Override
    public int nextInt(int bound) {
      throw new AssertionError("a token was made");
    }
  }

  /** Waits for answers, because a connection without a socket has no loop to wait on. */
  private record Waiting(HttpService service) implements HttpService {
    @Override
    public Admission admit(HttpHead head) {
      return service.admit(head);
    }

    @Override
    public CompletionStage<HttpAnswer> answer(HttpHead head, byte[] body) {
      return CompletableFuture.completedFuture(
          service.answer(head, body).toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join());
    }
  }

  /** A service with one network, for all inputs. */
  private static final class Service {
    static final HttpService API = new Waiting(api());

    private static ManagementApi api() {
      try {
        Path directory = Files.createTempDirectory("weft-fuzz");
        Path token = directory.resolve("token");
        Files.writeString(token, TOKEN);
        PexServer server =
            PexServer.open(PexServerConfig.builder().stateDirectory(directory).build());
        server
            .put(
                new DefinitionReader(
                        directory, directory, PexServerConfig.builder().pexPort(0).build())
                    .read(Samples.dynamic("dyn").getBytes(StandardCharsets.UTF_8))
                    .config())
            .toCompletableFuture()
            .join();
        server.overlay("dyn").orElseThrow().ready().toCompletableFuture().join();
        return new ManagementApi(server, ManagementToken.load(token, new NoRandom()));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  static Stream<byte[]> requests() {
    byte[] signed = SignedNetworkData.sign(Samples.SEED, 1, Samples.data(10)).octets();
    ByteBuffer put = ByteBuffer.allocate(4_096);
    put.put(text("PUT /networks/dyn/data HTTP/1.1\r\n" + AUTHORIZED));
    put.put(text("Content-Length: " + signed.length + "\r\n\r\n")).put(signed).flip();
    byte[] installation = new byte[put.remaining()];
    put.get(installation);
    return Stream.concat(
        Stream.of(installation),
        Stream.of(
                "GET /healthz HTTP/1.1\r\n\r\n",
                "HEAD /readyz HTTP/1.0\r\n\r\n",
                "GET /metrics HTTP/1.1\r\n" + AUTHORIZED + "\r\n",
                "GET /networks?x=y HTTP/1.1\r\n" + AUTHORIZED + "\r\n",
                "GET /networks/dyn HTTP/1.1\r\n" + AUTHORIZED + "\r\n",
                "GET /networks/%64yn HTTP/1.1\r\n" + AUTHORIZED + "\r\n",
                "GET /schemas/network.json HTTP/1.1\r\n" + AUTHORIZED + "\r\n",
                "GET /schemas/../network.json HTTP/1.1\r\n" + AUTHORIZED + "\r\n",
                "PUT /networks/dyn/data HTTP/1.1\r\n"
                    + AUTHORIZED
                    + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
                "PUT /networks/dyn/data HTTP/1.1\r\n"
                    + AUTHORIZED
                    + "Content-Length: 999999\r\nExpect: 100-continue\r\n\r\n",
                "DELETE /networks/dyn HTTP/1.1\r\n" + AUTHORIZED + "\r\n",
                "GET /networks HTTP/1.1\r\nAuthorization: Basic eDp5\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "\r\n\r\n")
            .map(ManagementFuzz::text));
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @MethodSource("requests")
  @DictionaryEntries({
    "GET /networks/dyn",
    "PUT /networks/dyn/data HTTP/1.1\\x0d\\x0a",
    "/schemas/",
    "Authorization: Bearer 0123456789abcdefghij\\x0d\\x0a",
    "Content-Length: ",
    "Transfer-Encoding: chunked\\x0d\\x0a",
    "Expect: 100-continue\\x0d\\x0a",
    "HTTP/1.1\\x0d\\x0a",
    "\\x0d\\x0a\\x0d\\x0a",
    "%2f"
  })
  @FuzzTest
  void aConnectionEndsWithOneAnswer(byte[] octets) {
    String answer = Connections.exchange(Service.API, octets, octets.length / 2);
    List<String> statuses =
        STATUS.matcher(answer).results().map(result -> result.group(1)).toList();
    assertTrue(answer.startsWith("HTTP/1.1 "), answer);
    assertFalse(answer.contains(TOKEN), "the token");
    assertFalse(answer.contains(Samples.KEY), "a private key");
    assertEquals(1, statuses.stream().filter(status -> !status.equals("100")).count(), answer);
    if (!new String(octets, StandardCharsets.ISO_8859_1).contains(TOKEN)) {
      assertTrue(WITHOUT_TOKEN.containsAll(statuses), answer);
    }
  }
}
