// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import dev.weft.overlay.OverlayException;
import dev.weft.overlay.WeftRuntime;
import dev.weft.pex.stun.StunServer;
import dev.weft.spi.TimeSource;
import dev.weft.spi.UnderlayPort;
import dev.weft.spi.UnderlayPortFactory;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * STUN on a UDP port of the runtime. The server belongs to the port's queue; the counts may be
 * asked for from any thread. Source: RFC 8489, PEX §10.
 */
final class StunPort implements UnderlayPort.Handler {

  private static final Logger LOG = LoggerFactory.getLogger(StunPort.class);

  private static final int BUFFER_OCTETS = 1 << 18;
  private static final int MAX_ANSWER = 2_048;
  private static final long OPEN_SECONDS = 10;

  private final TimeSource time;
  private final StunServer server = new StunServer(StunServer.Limits.DEFAULT);
  private final PacketBuffer buffer = PacketBuffer.allocate(0, MAX_ANSWER);
  private volatile StunServer.Counts counts = server.counts();
  private volatile @Nullable UnderlayPort port;

  private StunPort(TimeSource time) {
    this.time = time;
  }

  /**
   * Opens the port and waits until it is open. Not on a thread of the runtime.
   *
   * @throws OverlayException if it cannot be bound
   */
  static StunPort open(WeftRuntime runtime, Optional<InetAddress> bindAddress, int portNumber) {
    StunPort stun = new StunPort(runtime.time());
    try {
      stun.port =
          runtime
              .underlayPorts()
              .open(
                  new UnderlayPortFactory.Spec(bindAddress, portNumber, BUFFER_OCTETS),
                  runtime.newQueue(),
                  stun)
              .toCompletableFuture()
              .orTimeout(OPEN_SECONDS, TimeUnit.SECONDS)
              .join();
    } catch (CompletionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new OverlayException("STUN: " + cause.getMessage(), cause);
    }
    return stun;
  }

  @Override
  public void onDatagram(PacketBuffer datagram, Endpoint source) {
    UnderlayPort current = port;
    if (current == null) {
      return;
    }
    ByteBuffer request =
        datagram.segment().asSlice(datagram.offset(), datagram.length()).asByteBuffer();
    server.answer(request, source, time.nanoTime()).ifPresent(answer -> send(current, answer));
  }

  private void send(UnderlayPort current, StunServer.Answer answer) {
    byte[] octets = new byte[answer.datagram().remaining()];
    answer.datagram().get(octets);
    if (octets.length > MAX_ANSWER) {
      LOG.error("an answer of {} octets was not sent", octets.length);
      return;
    }
    buffer.copyFrom(octets, 0, octets.length);
    // What the system does not take is lost like any datagram; who asked asks again.
    current.send(buffer, answer.destination());
  }

  @Override
  public void onBatchEnd() {
    counts = server.counts();
  }

  /** What was done so far, as of the last batch of datagrams. */
  StunServer.Counts counts() {
    return counts;
  }

  Endpoint localEndpoint() {
    UnderlayPort current = port;
    if (current == null) {
      throw new IllegalStateException("the port is not open");
    }
    return current.localEndpoint();
  }

  /** Releases the port and waits for that within a bound. */
  void close() {
    UnderlayPort current = port;
    if (current != null) {
      current
          .close()
          .toCompletableFuture()
          .completeOnTimeout(null, OPEN_SECONDS, TimeUnit.SECONDS)
          .join();
    }
  }
}
