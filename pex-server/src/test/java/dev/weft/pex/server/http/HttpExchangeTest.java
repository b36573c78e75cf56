// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One connection without a socket: octets in, octets out, and time as the test says. */
class HttpExchangeTest {

  private final List<String> asked = new ArrayList<>();
  private CompletionStage<HttpAnswer> next =
      CompletableFuture.completedFuture(
          HttpAnswer.json(200, "{}".getBytes(StandardCharsets.UTF_8)));
  private final HttpCounts counts = new HttpCounts();
  private final EmbeddedChannel channel = new EmbeddedChannel();

  HttpExchangeTest() {
    channel.freezeTime();
    HttpServer.install(
        channel.pipeline(),
        new HttpService() {
          @Override
          public Admission admit(HttpHead head) {
            if (!head.bearer().orElse("").equals("secret")) {
              return new Refused(HttpAnswer.error(401, "no"));
            }
            return new Admitted(head.method().equals("PUT") ? 100 : 0);
          }

          @Override
          public CompletionStage<HttpAnswer> answer(HttpHead head, byte[] body) {
            asked.add(head + " " + new String(body, StandardCharsets.UTF_8));
            return next;
          }
        },
        HttpLimits.DEFAULT,
        counts);
    channel.pipeline().fireChannelActive();
  }

  @AfterEach
  void close() {
    assertFalse(channel.finishAndReleaseAll());
  }

  private void send(String text) {
    channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
  }

  private String received() {
    StringBuilder text = new StringBuilder();
    for (ByteBuf octets = channel.readOutbound(); octets != null; octets = channel.readOutbound()) {
      text.append(octets.toString(StandardCharsets.UTF_8));
      octets.release();
    }
    return text.toString();
  }

  private static String request(String method, String path, String more) {
    return method + " " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n" + more;
  }

  private void assertRefused(int status) {
    String answer = received();
    assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
    assertTrue(answer.contains("{\"error\":\""), answer);
    assertEquals(Map.of(status, 1L), counts.answers());
    assertFalse(channel.isOpen());
    assertEquals(List.of(), asked);
  }

  @Test
  void aRequestIsAnsweredAndTheConnectionClosed() {
    send(request("GET", "/a%20b?query=1", "\r\n"));
    String answer = received();
    assertEquals(List.of("GET /a b "), asked);
    assertTrue(answer.startsWith("HTTP/1.1 200 OK\r\n"), answer);
    assertTrue(answer.endsWith("\r\n\r\n{}"), answer);
    assertTrue(answer.contains("connection: close"), answer);
    assertFalse(channel.isOpen());
  }

  @Test
  void octetByOctetIsTheSame() {
    for (char c : request("PUT", "/x", "Content-Length: 3\r\n\r\nabc").toCharArray()) {
      send(String.valueOf(c));
    }
    assertEquals(List.of("PUT /x abc"), asked);
    assertTrue(received().startsWith("HTTP/1.1 200 "));
  }

  @Test
  void aChunkedBodyIsTakenUpToItsBound() {
    send(request("PUT", "/x", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"));
    send("2\r\nde\r\n0\r\n\r\n");
    assertEquals(List.of("PUT /x abcde"), asked);
    assertTrue(received().startsWith("HTTP/1.1 200 "));
  }

  @Test
  void aChunkedBodyBeyondItsBoundIsRefused() {
    send(request("PUT", "/x", "Transfer-Encoding: chunked\r\n\r\n"));
    send("40\r\n" + "a".repeat(64) + "\r\n");
    send("40\r\n" + "a".repeat(64) + "\r\n");
    assertRefused(413);
  }

  @Test
  void anAnnouncedBodyBeyondItsBoundIsRefusedBeforeItComes() {
    send(request("PUT", "/x", "Content-Length: 101\r\nExpect: 100-continue\r\n\r\n"));
    assertRefused(413);
  }

  @Test
  void aBodyIsNotAskedForFromStrangers() {
    send("PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\nExpect: 100-continue\r\n\r\n");
    assertRefused(401);
  }

  @Test
  void aBodyThatWaitsForLeaveGetsIt() {
    send(request("PUT", "/x", "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"));
    assertTrue(received().startsWith("HTTP/1.1 100 Continue\r\n"));
    send("abc");
    assertEquals(List.of("PUT /x abc"), asked);
    assertTrue(received().startsWith("HTTP/1.1 200 "));
  }

  @Test
  void aSecondRequestOnTheConnectionIsNotHeard() {
    send(request("GET", "/1", "\r\n") + request("GET", "/2", "\r\n"));
    assertEquals(List.of("GET /1 "), asked);
    assertEquals(Map.of(200, 1L), counts.answers());
    received();
  }

  @Test
  void headersAreBounded() {
    send(request("GET", "/x", "X: " + "y".repeat(9_000) + "\r\n\r\n"));
    assertRefused(431);
  }

  @Test
  void theRequestLineIsBounded() {
    send(request("GET", "/" + "y".repeat(5_000), "\r\n"));
    assertRefused(414);
  }

  @Test
  void whatIsNotHttpIsRefused() {
    send("\u0016\u0003\u0001 hello\r\n\r\n");
    assertRefused(400);
  }

  @Test
  void aTargetThatIsNoPathIsRefused() {
    send(request("GET", "http://elsewhere/", "\r\n"));
    assertRefused(400);
  }

  @Test
  void brokenPercentCodesAreRefused() {
    send(request("GET", "/%zz", "\r\n"));
    assertRefused(400);
  }

  @Test
  void aContentLengthThatIsNoNumberIsRefused() {
    send(request("PUT", "/x", "Content-Length: -5\r\n\r\n"));
    assertRefused(400);
  }

  @Test
  void lengthAndChunksTogetherAreRefused() {
    send(request("PUT", "/x", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
    received();
    assertFalse(channel.isOpen());
  }

  @Test
  void aRequestThatDoesNotCompleteIsGivenUp() {
    send("GET / HTTP/1.1\r\nHost: x\r\n");
    channel.advanceTimeBy(9, TimeUnit.SECONDS);
    channel.runPendingTasks();
    assertTrue(channel.isOpen());
    channel.advanceTimeBy(2, TimeUnit.SECONDS);
    channel.runPendingTasks();
    assertRefused(408);
  }

  @Test
  void anAnswerThatDoesNotComeIsGivenUp() {
    next = new CompletableFuture<>();
    send(request("GET", "/x", "\r\n"));
    channel.advanceTimeBy(26, TimeUnit.SECONDS);
    channel.runPendingTasks();
    assertTrue(received().startsWith("HTTP/1.1 503 "));
    assertFalse(channel.isOpen());
  }

  @Test
  void aDefectIsAnsweredWithoutItsText() {
    next = CompletableFuture.failedFuture(new IllegalStateException("private key"));
    send(request("GET", "/x", "\r\n"));
    String answer = received();
    assertTrue(answer.startsWith("HTTP/1.1 500 "), answer);
    assertFalse(answer.contains("private key"), answer);
  }

  @Test
  void headIsAnsweredWithoutABody() {
    send(request("HEAD", "/x", "\r\n"));
    String answer = received();
    assertTrue(answer.contains("content-length: 2\r\n"), answer);
    assertTrue(answer.endsWith("\r\n\r\n"), answer);
  }
}
