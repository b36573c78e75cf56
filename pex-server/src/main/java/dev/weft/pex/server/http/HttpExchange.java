// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one request of a connection, and its answer. After the answer nothing more is read but to
 * throw it away, so that a client that still sends sees the answer and not a reset. On the
 * connection's event loop.
 */
final class HttpExchange extends ChannelInboundHandlerAdapter {

  private static final Logger LOG = LoggerFactory.getLogger(HttpExchange.class);

  private static final String BEARER = "Bearer ";
  private static final Duration LINGER = Duration.ofSeconds(1);

  /** How far a connection is. */
  private enum Stage {
    /** Nothing complete has arrived. Left by a head, a fault or the time limit. */
    HEAD,
    /** The body is being read. Left by its end, a fault or the time limit. */
    BODY,
    /** The service works on the answer. Left by the answer or the time limit. */
    ANSWERING,
    /** The answer is on its way; whatever arrives is thrown away. */
    ANSWERED
  }

  private final HttpService service;
  private final HttpLimits limits;
  private final HttpCounts counts;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream(0);
  private Stage stage = Stage.HEAD;
  private @Nullable HttpHead head;
  private int maxBodyOctets;
  private boolean received;

  HttpExchange(HttpService service, HttpLimits limits, HttpCounts counts) {
    this.service = service;
    this.limits = limits;
    this.counts = counts;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    after(context, limits.requestTime(), () -> onRequestTime(context));
    after(
        context,
        limits.requestTime().plus(limits.answerTime()),
        () -> answer(context, HttpAnswer.error(503, "not answered in time")));
    context.fireChannelActive();
  }

  private static void after(ChannelHandlerContext context, Duration delay, Runnable task) {
    var scheduled = context.executor().schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    context.channel().closeFuture().addListener(closed -> scheduled.cancel(false));
  }

  private void onRequestTime(ChannelHandlerContext context) {
    if (stage == Stage.HEAD || stage == Stage.BODY) {
      answer(context, HttpAnswer.error(408, "the request did not arrive in time"));
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    try {
      if (message instanceof HttpObject object) {
        onObject(context, object);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void onObject(ChannelHandlerContext context, HttpObject object) {
    if (stage == Stage.ANSWERING || stage == Stage.ANSWERED) {
      if (stage == Stage.ANSWERED && object instanceof LastHttpContent) {
        received = true;
      }
      return;
    }
    if (object.decoderResult().isFailure()) {
      answer(context, malformed(object.decoderResult()));
      return;
    }
    if (object instanceof HttpRequest request) {
      received = object instanceof LastHttpContent;
      onHead(context, request);
    }
    if (object instanceof HttpContent content && stage == Stage.BODY) {
      onContent(context, content);
    }
  }

  private static HttpAnswer malformed(DecoderResult result) {
    Throwable cause = result.cause();
    if (cause instanceof TooLongHttpLineException) {
      return HttpAnswer.error(414, "the request line is too long");
    }
    if (cause instanceof TooLongHttpHeaderException) {
      return HttpAnswer.error(431, "the headers are too long");
    }
    return HttpAnswer.error(400, "this is not an HTTP request");
  }

  private void onHead(ChannelHandlerContext context, HttpRequest request) {
    Optional<String> path = path(request.uri());
    if (path.isEmpty()) {
      answer(context, HttpAnswer.error(400, "the request target is not a path"));
      return;
    }
    HttpHead newHead = new HttpHead(request.method().name(), path.get(), bearer(request.headers()));
    head = newHead;
    switch (service.admit(newHead)) {
      case HttpService.Refused refused -> answer(context, refused.answer());
      case HttpService.Admitted admitted -> admit(context, request, admitted.maxBodyOctets());
    }
  }

  private void admit(ChannelHandlerContext context, HttpRequest request, int maxOctets) {
    long announced;
    try {
      announced = HttpUtil.getContentLength(request, 0L);
    } catch (NumberFormatException e) {
      answer(context, HttpAnswer.error(400, "the content length is not a number"));
      return;
    }
    if (announced > maxOctets) {
      answer(context, tooLarge(maxOctets));
      return;
    }
    maxBodyOctets = maxOctets;
    stage = Stage.BODY;
    if (HttpUtil.is100ContinueExpected(request)) {
      context
          .writeAndFlush(
              new DefaultFullHttpResponse(
                  HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER))
          .addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    }
  }

  private static HttpAnswer tooLarge(int maxOctets) {
    return HttpAnswer.error(413, "a body of " + maxOctets + " octets at most");
  }

  private static Optional<String> path(String target) {
    if (!target.startsWith("/")) {
      return Optional.empty();
    }
    try {
      return Optional.of(new QueryStringDecoder(target).path());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> bearer(HttpHeaders headers) {
    String value = headers.get(HttpHeaderNames.AUTHORIZATION);
    return value != null && value.regionMatches(true, 0, BEARER, 0, BEARER.length())
        ? Optional.of(value.substring(BEARER.length()).strip())
        : Optional.empty();
  }

  private void onContent(ChannelHandlerContext context, HttpContent content) {
    ByteBuf octets = content.content();
    if (body.size() + octets.readableBytes() > maxBodyOctets) {
      answer(context, tooLarge(maxBodyOctets));
      return;
    }
    byte[] chunk = new byte[octets.readableBytes()];
    octets.readBytes(chunk);
    body.writeBytes(chunk);
    if (content instanceof LastHttpContent) {
      received = true;
      stage = Stage.ANSWERING;
      ask(context);
    }
  }

  private void ask(ChannelHandlerContext context) {
    HttpHead asked = head;
    if (asked == null) {
      return;
    }
    CompletionStage<HttpAnswer> answers;
    try {
      answers = service.answer(asked, body.toByteArray());
    } catch (RuntimeException e) {
      LOG.error("{} failed", asked, e);
      answer(context, HttpAnswer.error(500, "a defect; the log tells more"));
      return;
    }
    CompletionStage<Void> told =
        answers.handle(
            (answer, failure) -> {
              onLoop(context, () -> answered(context, asked, answer, failure));
              return null;
            });
    body.reset();
    LOG.trace("{} is being answered: {}", asked, told);
  }

  private static void onLoop(ChannelHandlerContext context, Runnable task) {
    if (context.executor().inEventLoop()) {
      task.run();
    } else {
      context.executor().execute(task);
    }
  }

  private void answered(
      ChannelHandlerContext context,
      HttpHead asked,
      @Nullable HttpAnswer answer,
      @Nullable Throwable failure) {
    if (failure != null || answer == null) {
      LOG.error("{} failed", asked, failure);
      answer(context, HttpAnswer.error(500, "a defect; the log tells more"));
    } else {
      answer(context, answer);
    }
  }

  private void answer(ChannelHandlerContext context, HttpAnswer answer) {
    if (stage == Stage.ANSWERED) {
      return;
    }
    stage = Stage.ANSWERED;
    counts.countAnswer(answer.status());
    HttpHead asked = head;
    boolean bodyless = asked != null && asked.method().equals(HttpMethod.HEAD.name());
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(answer.status()),
            bodyless ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(answer.body()));
    HttpHeaders headers = response.headers();
    headers.set(HttpHeaderNames.CONTENT_TYPE, answer.contentType());
    headers.set(HttpHeaderNames.CONTENT_LENGTH, answer.body().length);
    headers.set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE);
    headers.set("x-content-type-options", "nosniff");
    headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    answer.headers().forEach(headers::set);
    ChannelFuture written = context.writeAndFlush(response);
    if (received || !(context.channel() instanceof DuplexChannel duplex)) {
      written.addListener(ChannelFutureListener.CLOSE);
    } else {
      written.addListener(
          done -> duplex.shutdownOutput().addListener(ChannelFutureListener.CLOSE_ON_FAILURE));
      after(context, LINGER, () -> close(context));
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    LOG.debug("a management connection failed", cause);
    close(context);
  }

  private static void close(ChannelHandlerContext context) {
    context.close().addListener(closed -> {});
  }
}
