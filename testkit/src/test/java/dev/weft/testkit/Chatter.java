// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.overlay.OverlayException;
import dev.weft.spi.Scheduler;
import dev.weft.spi.UnderlayPort;
import dev.weft.spi.UnderlayPortFactory.Spec;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A program with one socket that keeps what it receives. */
final class Chatter implements UnderlayPort.Handler {

  final SimRuntime runtime;
  final Scheduler queue;
  final UnderlayPort port;
  final List<String> received = new ArrayList<>();
  final List<Endpoint> sources = new ArrayList<>();
  int batches;

  private Chatter(SimHost host, Optional<InetAddress> bind, int number) {
    runtime = host.newRuntime();
    queue = runtime.newQueue();
    port =
        host.network()
            .await(
                runtime.underlayPorts().open(new Spec(bind, number, 65536), queue, this),
                Duration.ofSeconds(1));
  }

  /**
   * Opens a socket on all addresses.
   *
   * @throws OverlayException if that fails
   */
  static Chatter open(SimHost host, int number) {
    return new Chatter(host, Optional.empty(), number);
  }

  static Chatter open(SimHost host, String bind, int number) {
    return new Chatter(host, Optional.of(InetAddress.ofLiteral(bind)), number);
  }

  void say(String text, Endpoint destination) {
    say(text.getBytes(StandardCharsets.UTF_8), destination);
  }

  void say(byte[] payload, Endpoint destination) {
    PacketBuffer buffer = PacketBuffer.allocate(0, payload.length);
    buffer.copyFrom(payload, 0, payload.length);
    queue.execute(() -> port.send(buffer, destination));
  }

  void say(String text, String destination) {
    say(text, Endpoint.parse(destination));
  }

  Endpoint lastSource() {
    return sources.getLast();
  }

  @Override
  public void onDatagram(PacketBuffer datagram, Endpoint source) {
    received.add(new String(datagram.toByteArray(), StandardCharsets.UTF_8));
    sources.add(source);
  }

  @Override
  public void onBatchEnd() {
    batches++;
  }
}
