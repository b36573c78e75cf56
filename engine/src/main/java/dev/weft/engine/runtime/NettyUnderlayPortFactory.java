// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine.runtime;

import dev.weft.overlay.UnderlayException;
import dev.weft.spi.Scheduler;
import dev.weft.spi.UnderlayPort;
import dev.weft.spi.UnderlayPortFactory;
import io.netty.channel.IoRegistration;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Opens non-blocking UDP sockets and registers them with an event loop. Thread-safe. */
final class NettyUnderlayPortFactory implements UnderlayPortFactory {

  @Override
  public CompletionStage<UnderlayPort> open(
      Spec spec, Scheduler queue, UnderlayPort.Handler handler) {
    if (!(queue instanceof Loop loop)) {
      throw new IllegalArgumentException("the queue is not one of this runtime");
    }
    CompletableFuture<UnderlayPort> result = new CompletableFuture<>();
    DatagramChannel channel;
    try {
      channel = bind(spec);
    } catch (IOException | UnsupportedOperationException e) {
      result.completeExceptionally(
          new UnderlayException(
              "cannot open UDP "
                  + spec.bindAddress().map(address -> address.getHostAddress()).orElse("*")
                  + " port "
                  + spec.port()
                  + ": "
                  + e.getMessage()
                  + "; choose another port or bind address",
              e));
      return result;
    }
    NettyUnderlayPort port = new NettyUnderlayPort(channel, loop, handler);
    loop.eventLoop()
        .register(port.handle())
        .addListener(
            future -> {
              if (future.isSuccess()) {
                port.start((IoRegistration) future.getNow());
                result.complete(port);
              } else {
                port.close();
                result.completeExceptionally(
                    new UnderlayException("the runtime is closed", future.cause()));
              }
            });
    return result;
  }

  private static DatagramChannel bind(Spec spec) throws IOException {
    DatagramChannel channel = open(spec);
    try {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.SO_RCVBUF, spec.socketBufferOctets());
      channel.setOption(StandardSocketOptions.SO_SNDBUF, spec.socketBufferOctets());
      channel.bind(
          spec.bindAddress().isPresent()
              ? new InetSocketAddress(spec.bindAddress().get(), spec.port())
              : new InetSocketAddress(spec.port()));
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Dual-stack where the system has IPv6, else IPv4 alone. */
  private static DatagramChannel open(Spec spec) throws IOException {
    if (spec.bindAddress().isPresent()) {
      return DatagramChannel.open(
          spec.bindAddress().get().getAddress().length == 4
              ? StandardProtocolFamily.INET
              : StandardProtocolFamily.INET6);
    }
    try {
      return DatagramChannel.open(StandardProtocolFamily.INET6);
    } catch (UnsupportedOperationException | IOException e) {
      return DatagramChannel.open(StandardProtocolFamily.INET);
    }
  }
}
