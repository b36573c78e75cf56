// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import dev.weft.overlay.WeftRuntime;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.Enroll;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.MalformedMessageException;
import dev.weft.spi.Scheduler;
import dev.weft.spi.UnderlayPort;
import dev.weft.spi.UnderlayPortFactory;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Enrols a host that has no overlay yet: an {@link EnrollmentClient} on a UDP port of its own. Runs
 * on a queue of the runtime. Source: PEX §13.
 *
 * <p>The stage it gives is completed when the port is closed again: with what the host now has, or
 * exceptionally with {@link EnrollmentFailedException} after the timeout, or with {@link
 * dev.weft.overlay.UnderlayException} if the port cannot be had. Cancelling its future ends the
 * attempt.
 *
 * @since 0.1.0
 */
public final class EnrollmentRunner {

  /** The accept is not answered, so it is sent some times more before the port closes. */
  private static final int REPEATED_ACCEPTS = 3;

  private static final long REPEAT_NANOS = Duration.ofMillis(250).toNanos();
  private static final int SOCKET_BUFFER_OCTETS = 1 << 16;

  private final WeftRuntime runtime;
  private final EnrollmentRequest request;
  private final Optional<Function<EnrollmentPeer, CompletionStage<Boolean>>> operator;
  private final EnrollmentClient client;
  private final Scheduler queue;
  private final CompletableFuture<Enrollment> result = new CompletableFuture<>();
  private final Set<PublicKey> asked = new HashSet<>();
  private @Nullable UnderlayPort port;
  private @Nullable Enrollment enrollment;
  private Scheduler.@Nullable Cancellable timer;
  private int answered;
  private boolean ended;

  private EnrollmentRunner(
      WeftRuntime runtime,
      EnrollmentRequest request,
      Optional<Function<EnrollmentPeer, CompletionStage<Boolean>>> operator) {
    this.runtime = runtime;
    this.request = request;
    this.operator = operator;
    client = new EnrollmentClient(request, runtime.random(), runtime.time().nanoTime());
    queue = runtime.newQueue();
  }

  /**
   * Enrols with a shared secret: the first server that proves it is accepted.
   *
   * @throws IllegalArgumentException if the request does not accept by a secret, or its info is too
   *     long for one message
   */
  public static CompletionStage<Enrollment> enroll(WeftRuntime runtime, EnrollmentRequest request) {
    if (!request.autoAccept()) {
      throw new IllegalArgumentException(
          "autoAccept: without it an operator decides; set a secret, or name an operator");
    }
    return new EnrollmentRunner(runtime, request, Optional.empty()).start();
  }

  /**
   * Enrols with an operator, who compares {@link EnrollmentPeer#session} with what the server
   * shows.
   *
   * @param operator asked once for each server that confirms, on the runtime's queue, where it must
   *     not block; its stage may be completed by any thread. The first yes counts; a failure ends
   *     the attempt
   * @throws IllegalArgumentException if the request's info is too long for one message
   */
  public static CompletionStage<Enrollment> enroll(
      WeftRuntime runtime,
      EnrollmentRequest request,
      Function<EnrollmentPeer, CompletionStage<Boolean>> operator) {
    return new EnrollmentRunner(runtime, request, Optional.of(operator)).start();
  }

  private CompletionStage<Enrollment> start() {
    var _ =
        runtime
            .underlayPorts()
            .open(
                new UnderlayPortFactory.Spec(
                    Optional.empty(), request.localPort(), SOCKET_BUFFER_OCTETS),
                queue,
                this::onDatagram)
            .whenComplete((opened, failure) -> queue.execute(() -> onOpened(opened, failure)));
    var _ =
        result.whenComplete(
            (value, failure) -> {
              if (result.isCancelled()) {
                queue.execute(() -> fail(new EnrollmentFailedException("cancelled")));
              }
            });
    return result;
  }

  private void onOpened(@Nullable UnderlayPort opened, @Nullable Throwable failure) {
    port = opened;
    if (failure != null) {
      fail(cause(failure));
    } else if (ended) {
      close(); // cancelled meanwhile
    } else {
      reschedule();
    }
  }

  private void onDatagram(PacketBuffer datagram, Endpoint source) {
    if (ended) {
      return;
    }
    Enroll message;
    try {
      message =
          ExternalCodec.decodeEnroll(
              datagram.segment().asSlice(datagram.offset(), datagram.length()).asByteBuffer());
    } catch (MalformedMessageException e) {
      return; // a stranger's; there is nothing else on this port
    }
    carryOut(client.onMessage(source, message, now()));
    answered = Math.max(answered, client.peers().size());
    reschedule();
  }

  private void onTimer() {
    timer = null;
    if (!ended) {
      carryOut(client.onTimer(now()));
      reschedule();
    }
  }

  private void reschedule() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    long nanos = client.nanosToTimer(now());
    if (!ended && nanos != Long.MAX_VALUE) {
      timer = queue.schedule(nanos, this::onTimer);
    }
  }

  private void carryOut(List<EnrollmentEffect> effects) {
    for (EnrollmentEffect effect : effects) {
      switch (effect) {
        case EnrollmentEffect.Send(Endpoint destination, Enroll message) ->
            send(destination, message);
        case EnrollmentEffect.Changed(EnrollmentPeer peer) -> ask(peer);
        case EnrollmentEffect.Completed(Enrollment completed) -> complete(completed);
        case EnrollmentEffect.TimedOut timedOut ->
            fail(new EnrollmentFailedException(timeoutMessage()));
        case EnrollmentEffect.Enrolled enrolled ->
            throw new IllegalStateException("a client enrols nobody");
      }
    }
  }

  private void send(Endpoint destination, Enroll message) {
    if (port != null) {
      ByteBuffer octets = ExternalCodec.encode(message);
      PacketBuffer packet = PacketBuffer.allocate(0, octets.remaining());
      packet.copyFrom(octets.array(), octets.arrayOffset(), octets.remaining());
      // What is not taken is lost like any datagram, and made up for by the next discovery.
      boolean _ = port.send(packet, destination);
    }
  }

  private void ask(EnrollmentPeer peer) {
    if (operator.isEmpty() || !peer.confirmed() || peer.accepted() || !asked.add(peer.id())) {
      return;
    }
    var _ =
        CompletableFuture.completedFuture(peer)
            .thenCompose(operator.get())
            .whenComplete(
                (yes, failure) -> queue.execute(() -> onDecision(peer.id(), yes, failure)));
  }

  private void onDecision(PublicKey peer, @Nullable Boolean yes, @Nullable Throwable failure) {
    if (ended || enrollment != null) {
      return;
    }
    if (failure != null) {
      fail(cause(failure));
    } else if (Boolean.TRUE.equals(yes)) {
      carryOut(client.accept(peer, now()));
      reschedule();
    }
  }

  private void complete(Enrollment completed) {
    enrollment = completed;
    PublicKey server =
        client.peers().stream().filter(EnrollmentPeer::accepted).findFirst().orElseThrow().id();
    for (int repeat = 1; repeat <= REPEATED_ACCEPTS; repeat++) {
      Scheduler.Cancellable _ =
          queue.schedule(
              repeat * REPEAT_NANOS,
              () -> {
                if (!ended) {
                  carryOut(client.accept(server, now()));
                }
              });
    }
    Scheduler.Cancellable _ =
        queue.schedule((REPEATED_ACCEPTS + 1) * REPEAT_NANOS, () -> succeed(completed));
  }

  private void succeed(Enrollment completed) {
    if (ended) {
      return;
    }
    close()
        .execute(
            () -> {
              if (!result.complete(completed)) {
                completed.privateKey().destroy();
              }
            });
  }

  private void fail(Throwable failure) {
    if (ended) {
      return;
    }
    if (enrollment != null && !result.isCancelled()) {
      return; // the timeout, when all is done
    }
    if (enrollment != null) {
      enrollment.privateKey().destroy();
    }
    close().execute(() -> result.completeExceptionally(failure));
  }

  /** Ends and closes the port; runs tasks on the queue when it is closed. */
  private Executor close() {
    ended = true;
    client.close();
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    CompletionStage<?> closed =
        port == null ? CompletableFuture.completedFuture(null) : port.close();
    return task -> {
      var _ = closed.whenComplete((nothing, ignored) -> queue.execute(task));
    };
  }

  private static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }

  private String timeoutMessage() {
    String servers = request.servers().toString();
    if (answered == 0) {
      return "enrolment with "
          + servers
          + " timed out without an answer; check their addresses, and that an enrolment runs there";
    }
    return "enrolment with "
        + servers
        + " timed out: "
        + answered
        + " answered, and "
        + (asked.isEmpty() ? "none accepted this host" : "none was accepted by the operator")
        + "; accept on both sides in time, or compare the secrets";
  }

  private long now() {
    return runtime.time().nanoTime();
  }
}
