// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server.http;

import dev.weft.transport.Endpoint;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An HTTP server with one thread of its own, apart from the runtime's loops, so that no request
 * holds up a packet. Thread-safe.
 */
public final class HttpServer implements AutoCloseable {

  private static final int BACKLOG = 128;
  private static final int CHUNK_OCTETS = 8_192;
  private static final int STOP_MILLIS = 500;

  private final MultiThreadIoEventLoopGroup group;
  private final Channel channel;
  private final HttpCounts counts;
  private final Endpoint localEndpoint;

  private HttpServer(MultiThreadIoEventLoopGroup group, Channel channel, HttpCounts counts) {
    this.group = group;
    this.channel = channel;
    this.counts = counts;
    localEndpoint = Endpoint.of((InetSocketAddress) channel.localAddress());
  }

  /**
   * Opens a server and waits until it listens.
   *
   * @param address with port 0 for any
   * @throws IOException if the address cannot be bound; nothing stays open
   */
  public static HttpServer open(Endpoint address, HttpService service, HttpLimits limits)
      throws IOException {
    MultiThreadIoEventLoopGroup group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("weft-management", true), NioIoHandler.newFactory());
    HttpCounts counts = new HttpCounts();
    AtomicInteger open = new AtomicInteger();
    ChannelFuture bound =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    if (open.incrementAndGet() > limits.connections()) {
                      counts.countRefusedConnection();
                      open.decrementAndGet();
                      channel.close().addListener(closed -> {});
                      return;
                    }
                    channel.closeFuture().addListener(closed -> open.decrementAndGet());
                    install(channel.pipeline(), service, limits, counts);
                  }
                })
            .bind(address.toSocketAddress())
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      stop(group);
      throw new IOException(
          "cannot listen on TCP " + address + ": " + bound.cause().getMessage(), bound.cause());
    }
    return new HttpServer(group, bound.channel(), counts);
  }

  /** Makes a connection's pipeline. */
  static void install(
      ChannelPipeline pipeline, HttpService service, HttpLimits limits, HttpCounts counts) {
    pipeline.addLast(
        new HttpServerCodec(
            new HttpDecoderConfig()
                .setMaxInitialLineLength(limits.lineOctets())
                .setMaxHeaderSize(limits.headerOctets())
                .setMaxChunkSize(CHUNK_OCTETS)));
    pipeline.addLast(new HttpExchange(service, limits, counts));
  }

  /** Where it listens. */
  public Endpoint localEndpoint() {
    return localEndpoint;
  }

  /** What it did so far. */
  public HttpCounts counts() {
    return counts;
  }

  /** Closes all connections and waits for the thread to end. Idempotent. */
  @Override
  public void close() {
    // Before the loop ends: the system's socket goes when the selector has let go of it.
    channel.close().awaitUninterruptibly(STOP_MILLIS);
    stop(group);
  }

  private static void stop(MultiThreadIoEventLoopGroup group) {
    Future<?> ended = group.shutdownGracefully(0, STOP_MILLIS, TimeUnit.MILLISECONDS);
    ended.awaitUninterruptibly(2L * STOP_MILLIS);
  }
}
