// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.pex.enroll.EnrollmentEffect;
import dev.weft.pex.enroll.EnrollmentOffer;
import dev.weft.pex.enroll.EnrollmentPeer;
import dev.weft.pex.enroll.EnrollmentServer;
import dev.weft.pex.message.Enroll;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.MalformedMessageException;
import dev.weft.pex.node.PexCounters;
import dev.weft.spi.OverlayServiceContext;
import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.BiConsumer;

/**
 * Gives an {@link EnrollmentServer} the port of external messages and the time. Belongs to the
 * overlay's queue, but for what {@link OpenEnrollment} promises. Source: PEX §13.
 */
final class EnrollmentService implements OpenEnrollment {

  private final OverlayServiceContext context;
  private final EnrollmentServer server;
  private final Listener listener;
  private final BiConsumer<ByteBuffer, Endpoint> port;
  private final Runnable onEnd;
  private final PexCounters counters;
  private final DeadlineTimer timer;
  private volatile List<EnrollmentPeer> peers = List.of();
  private boolean ended;

  /**
   * An enrolment that runs.
   *
   * @param port sends from the port of external messages
   * @param onEnd called once, when it is over
   */
  EnrollmentService(
      OverlayServiceContext context,
      EnrollmentOffer offer,
      Listener listener,
      BiConsumer<ByteBuffer, Endpoint> port,
      Runnable onEnd,
      PexCounters counters) {
    this.context = context;
    this.listener = listener;
    this.port = port;
    this.onEnd = onEnd;
    this.counters = counters;
    server = new EnrollmentServer(offer, context.random(), nowNanos());
    timer = new DeadlineTimer(context.queue(), context.time(), this::onTimer);
    reschedule();
  }

  void onDatagram(ByteBuffer datagram, Endpoint source) {
    if (ended) {
      return;
    }
    Enroll message;
    try {
      message = ExternalCodec.decodeEnroll(datagram);
    } catch (MalformedMessageException e) {
      counters.countMalformed(e.reason());
      return;
    }
    counters.countReceived(message.opcode());
    carryOut(server.onMessage(source, message, nowNanos()));
  }

  private void onTimer() {
    carryOut(server.onTimer(nowNanos()));
  }

  private void carryOut(List<EnrollmentEffect> effects) {
    peers = List.copyOf(server.peers());
    for (EnrollmentEffect effect : effects) {
      switch (effect) {
        case EnrollmentEffect.Send(Endpoint destination, Enroll message) -> {
          counters.countSent(message.opcode());
          port.accept(ExternalCodec.encode(message), destination);
        }
        case EnrollmentEffect.Changed(EnrollmentPeer peer) -> listener.onPeer(peer);
        case EnrollmentEffect.Enrolled(EnrollmentPeer peer) -> listener.onEnrolled(peer);
        case EnrollmentEffect.Completed completed ->
            throw new IllegalStateException("a server is not enrolled");
        case EnrollmentEffect.TimedOut timedOut -> end();
      }
    }
    reschedule();
  }

  private void reschedule() {
    long nanos = server.nanosToTimer(nowNanos());
    timer.set(
        ended || nanos == Long.MAX_VALUE
            ? OptionalLong.empty()
            : OptionalLong.of(nowNanos() + nanos));
  }

  private long nowNanos() {
    return context.time().nanoTime();
  }

  @Override
  public List<EnrollmentPeer> peers() {
    return peers;
  }

  @Override
  public void accept(String session) {
    context
        .queue()
        .execute(
            () -> {
              if (!ended) {
                carryOut(server.accept(session, nowNanos()));
              }
            });
  }

  @Override
  public void close() {
    context.queue().execute(this::end);
  }

  /** Ends at once, on the queue. */
  void end() {
    if (!ended) {
      ended = true;
      timer.close();
      server.close();
      onEnd.run();
      listener.onEnd();
    }
  }
}
