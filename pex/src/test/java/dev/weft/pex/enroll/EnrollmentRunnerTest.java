// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.UnderlayException;
import dev.weft.peer.AuthKey;
import dev.weft.pex.message.Enroll;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.MalformedMessageException;
import dev.weft.spi.Scheduler;
import dev.weft.spi.UnderlayPort;
import dev.weft.spi.UnderlayPortFactory;
import dev.weft.testkit.LinkConditions;
import dev.weft.testkit.SimHost;
import dev.weft.testkit.SimNetwork;
import dev.weft.testkit.SimRuntime;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** A host without any network and a server, on a simulated network. */
final class EnrollmentRunnerTest {

  private static final AuthKey AUTH_KEY =
      AuthKey.of(
          new byte[] {
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
            17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32
          });
  private static final Endpoint GATEWAY = Endpoint.parse("198.51.100.1:51819");
  private static final EnrollmentSecret SECRET = EnrollmentSecret.of("correct horse battery");
  private static final BlobValue.Table WELCOME = BlobValue.Table.of(Map.of("ip", "10.0.0.7"));
  private static final Duration LIMIT = Duration.ofMinutes(3);

  private final SimNetwork network = new SimNetwork(7);
  private final SimHost gateway = network.host("gateway", "198.51.100.1");
  private final SimHost newHost = network.host("new host", "192.0.2.30");
  private final SimRuntime runtime = newHost.newRuntime();

  /** A server on the gateway's external port. */
  private final class Server {
    final SimRuntime runtime = gateway.newRuntime();
    final Scheduler queue = runtime.newQueue();
    final EnrollmentServer session;
    final List<EnrollmentPeer> enrolled = new ArrayList<>();
    final UnderlayPort port;

    Server(EnrollmentOffer offer) {
      session = new EnrollmentServer(offer, runtime.random(), runtime.time().nanoTime());
      port =
          network.await(
              runtime
                  .underlayPorts()
                  .open(
                      new UnderlayPortFactory.Spec(Optional.empty(), GATEWAY.port(), 1 << 16),
                      queue,
                      this::onDatagram),
              LIMIT);
    }

    private void onDatagram(PacketBuffer datagram, Endpoint source) {
      try {
        Enroll message = ExternalCodec.decodeEnroll(ByteBuffer.wrap(datagram.toByteArray()));
        carryOut(session.onMessage(source, message, runtime.time().nanoTime()));
      } catch (MalformedMessageException e) {
        throw new AssertionError(e);
      }
    }

    void accept(String shown) {
      queue.execute(() -> carryOut(session.accept(shown, runtime.time().nanoTime())));
    }

    private void carryOut(List<EnrollmentEffect> effects) {
      for (EnrollmentEffect effect : effects) {
        if (effect instanceof EnrollmentEffect.Send(Endpoint destination, Enroll message)) {
          ByteBuffer octets = ExternalCodec.encode(message);
          PacketBuffer packet = PacketBuffer.allocate(0, octets.remaining());
          packet.copyFrom(octets.array(), octets.arrayOffset(), octets.remaining());
          port.send(packet, destination);
        } else if (effect instanceof EnrollmentEffect.Enrolled(EnrollmentPeer peer)) {
          enrolled.add(peer);
        }
      }
    }
  }

  private static EnrollmentRequest.Builder request() {
    return EnrollmentRequest.builder(List.of(GATEWAY)).autoAccept(SECRET);
  }

  private void nothingIsLeft() {
    assertEquals(0, runtime.openPorts());
    network.runFor(LIMIT);
    assertEquals(0, runtime.pendingTasks(), runtime.describePendingTasks().toString());
  }

  @Test
  void aHostThatKnowsTheSecretIsEnrolledWithinTwoSeconds() {
    Server server =
        new Server(EnrollmentOffer.builder(AUTH_KEY).info(WELCOME).autoAccept(SECRET).build());
    Enrollment enrollment =
        network.await(EnrollmentRunner.enroll(runtime, request().build()), Duration.ofSeconds(2));
    assertEquals(Optional.of(AUTH_KEY), enrollment.authKey());
    assertEquals(WELCOME, enrollment.info());
    assertTrue(enrollment.secretProven());
    assertEquals(1, server.enrolled.size());
    assertEquals(enrollment.privateKey().publicKey(), server.enrolled.getFirst().hostKey());
    nothingIsLeft();
  }

  @Test
  void overALossyPathItIsEnrolledAllTheSame() {
    network.conditions(LinkConditions.builder().loss(0.3).build());
    Server server =
        new Server(EnrollmentOffer.builder(AUTH_KEY).info(WELCOME).autoAccept(SECRET).build());
    Enrollment enrollment =
        network.await(
            EnrollmentRunner.enroll(runtime, request().interval(Duration.ofSeconds(1)).build()),
            LIMIT);
    assertEquals(
        List.of(enrollment.privateKey().publicKey()),
        server.enrolled.stream().map(EnrollmentPeer::hostKey).toList());
    nothingIsLeft();
  }

  @Test
  void theOperatorsOfBothSidesSeeTheSameAndAccept() {
    Server server = new Server(EnrollmentOffer.builder(AUTH_KEY).info(WELCOME).build());
    CompletableFuture<Boolean> decision = new CompletableFuture<>();
    List<EnrollmentPeer> asked = new ArrayList<>();
    CompletionStage<Enrollment> stage =
        EnrollmentRunner.enroll(
            runtime,
            EnrollmentRequest.builder(List.of(GATEWAY)).localPort(0).build(),
            peer -> {
              asked.add(peer);
              return decision;
            });
    network.runFor(Duration.ofSeconds(1));
    assertEquals(List.of(), asked);
    String shown = server.session.peers().getFirst().session();
    server.accept(shown);
    network.runFor(Duration.ofSeconds(25));
    assertEquals(1, asked.size());
    assertEquals(shown, asked.getFirst().session());
    assertEquals(List.of(), server.enrolled);
    decision.complete(true);
    assertEquals(WELCOME, network.await(stage, LIMIT).info());
    assertEquals(1, server.enrolled.size());
    nothingIsLeft();
  }

  @Test
  void whatTheOperatorDoesNotAcceptEndsWithTheTimeout() {
    Server server = new Server(EnrollmentOffer.builder(AUTH_KEY).build());
    CompletionStage<Enrollment> stage =
        EnrollmentRunner.enroll(
            runtime,
            EnrollmentRequest.builder(List.of(GATEWAY)).build(),
            peer -> CompletableFuture.completedFuture(false));
    network.runFor(Duration.ofSeconds(1));
    server.accept(server.session.peers().getFirst().session());
    EnrollmentFailedException e =
        assertThrows(EnrollmentFailedException.class, () -> network.await(stage, LIMIT));
    assertTrue(
        String.valueOf(e.getMessage()).contains("none was accepted by the operator"),
        e.getMessage());
    nothingIsLeft();
  }

  @Test
  void anOperatorThatFailsEndsTheAttempt() {
    Server server = new Server(EnrollmentOffer.builder(AUTH_KEY).build());
    CompletionStage<Enrollment> stage =
        EnrollmentRunner.enroll(
            runtime,
            EnrollmentRequest.builder(List.of(GATEWAY)).build(),
            peer -> {
              throw new UnsupportedOperationException("no operator");
            });
    network.runFor(Duration.ofSeconds(1));
    server.accept(server.session.peers().getFirst().session());
    assertThrows(UnsupportedOperationException.class, () -> network.await(stage, LIMIT));
    nothingIsLeft();
  }

  @Test
  void withoutAServerTheTimeoutSaysThatNobodyAnswered() {
    EnrollmentFailedException e =
        assertThrows(
            EnrollmentFailedException.class,
            () ->
                network.await(
                    EnrollmentRunner.enroll(
                        runtime, request().timeout(Duration.ofSeconds(5)).build()),
                    Duration.ofSeconds(6)));
    assertTrue(
        String.valueOf(e.getMessage()).contains("timed out without an answer"), e.getMessage());
    nothingIsLeft();
  }

  @Test
  void cancellingClosesThePort() {
    for (Duration after : List.of(Duration.ZERO, Duration.ofSeconds(1))) {
      CompletableFuture<Enrollment> future =
          EnrollmentRunner.enroll(runtime, request().build()).toCompletableFuture();
      network.runFor(after);
      future.cancel(false);
      network.runFor(Duration.ofMillis(10));
      assertThrows(CancellationException.class, future::join);
      nothingIsLeft();
    }
  }

  @Test
  void aPortThatIsTakenIsSaidAtOnce() {
    UnderlayPort other =
        network.await(
            runtime
                .underlayPorts()
                .open(
                    new UnderlayPortFactory.Spec(
                        Optional.empty(), EnrollmentRequest.DEFAULT_PORT, 1 << 16),
                    runtime.newQueue(),
                    (datagram, source) -> {}),
            LIMIT);
    assertThrows(
        UnderlayException.class,
        () ->
            network.await(
                EnrollmentRunner.enroll(runtime, request().build()), Duration.ofSeconds(1)));
    assertEquals(1, runtime.openPorts());
    network.await(other.close(), LIMIT);
    nothingIsLeft();
  }

  @Test
  void whatIsNoEnrolmentIsIgnored() {
    Server server = new Server(EnrollmentOffer.builder(AUTH_KEY).autoAccept(SECRET).build());
    CompletionStage<Enrollment> stage = EnrollmentRunner.enroll(runtime, request().build());
    PacketBuffer junk = PacketBuffer.allocate(0, 20);
    junk.setLength(20);
    server.queue.execute(
        () -> assertTrue(server.port.send(junk, Endpoint.parse("192.0.2.30:51819"))));
    assertFalse(network.await(stage, LIMIT).session().isEmpty());
    nothingIsLeft();
  }

  @Test
  void withoutASecretThereMustBeAnOperator() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            EnrollmentRunner.enroll(runtime, EnrollmentRequest.builder(List.of(GATEWAY)).build()));
    nothingIsLeft();
  }
}
