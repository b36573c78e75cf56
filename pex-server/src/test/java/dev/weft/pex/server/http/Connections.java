// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** Connections without sockets, for tests of what is behind the HTTP server. */
public final class Connections {

  private Connections() {}

  /**
   * What a server answers to octets that arrive in two pieces, after which the client waits for as
   * long as there is anything to wait for.
   */
  public static String exchange(HttpService service, byte[] octets, int split) {
    EmbeddedChannel channel = new EmbeddedChannel();
    channel.freezeTime();
    HttpServer.install(channel.pipeline(), service, HttpLimits.DEFAULT, new HttpCounts());
    channel.pipeline().fireChannelActive();
    int first = Math.min(Math.max(split, 0), octets.length);
    StringBuilder answer = new StringBuilder();
    channel.writeInbound(Unpooled.copiedBuffer(octets, 0, first));
    if (channel.isOpen()) {
      channel.writeInbound(Unpooled.copiedBuffer(octets, first, octets.length - first));
    }
    channel.checkException();
    channel.advanceTimeBy(30, TimeUnit.SECONDS);
    channel.runPendingTasks();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      answer.append(out.toString(StandardCharsets.ISO_8859_1));
      out.release();
    }
    if (channel.isOpen()) {
      throw new AssertionError("the connection is still open after " + answer);
    }
    channel.finishAndReleaseAll();
    return answer.toString();
  }
}
