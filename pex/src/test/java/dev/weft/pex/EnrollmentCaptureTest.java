// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.peer.AuthKey;
import dev.weft.pex.Capture.Datagram;
import dev.weft.pex.enroll.BlobValue;
import dev.weft.pex.enroll.EnrollmentClient;
import dev.weft.pex.enroll.EnrollmentEffect;
import dev.weft.pex.enroll.EnrollmentOffer;
import dev.weft.pex.enroll.EnrollmentPeer;
import dev.weft.pex.enroll.EnrollmentRequest;
import dev.weft.pex.enroll.EnrollmentSecret;
import dev.weft.pex.enroll.EnrollmentServer;
import dev.weft.pex.enroll.EnrollmentSession;
import dev.weft.pex.message.Enroll;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The enrolments of the recorded network, played by both sides at the recorded times. Its session
 * keys are not known, so what is compared is what can be seen from outside: who sends which message
 * of what length and nonce when, and the states that both sides showed.
 */
final class EnrollmentCaptureTest {

  private static final String ROOT = "/vectors/live/enroll/";
  private static final int ENROLL = 11;
  private static final int HEADERS = 28;
  private static final int NONCE = HEADERS + 65;

  /** How much later than on time the recorded side may have been: it had two cores for four. */
  private static final long TOLERANCE_NANOS = 30_000_000;

  private static final Endpoint GW = Endpoint.parse("10.99.0.1:51819");
  private static final Endpoint AP1 = Endpoint.parse("10.99.0.11:51819");
  private static final AuthKey AUTH_KEY =
      AuthKey.parse(
          Recording.json("/vectors/live/keys.json").at("/auth/public_ed25519_b64").asText());

  private static final class Random implements RandomSource {
    private final SecureRandom random = new SecureRandom();

    @Override
    public void nextBytes(byte[] target) {
      random.nextBytes(target);
    }

    @Override
    public int nextInt(int bound) {
      return random.nextInt(bound);
    }
  }

  /** What can be seen of a message. */
  private record Seen(long atNanos, Endpoint source, int op, long nonce, int octets) {
    static Seen of(Datagram datagram) {
      ByteBuffer payload = datagram.payload();
      return new Seen(
          datagram.atNanos(),
          datagram.source(),
          payload.get(HEADERS),
          payload.getLong(NONCE),
          payload.remaining());
    }
  }

  /** The laboratory's events in seconds since the start of the timeline. */
  private static final class Timeline {
    private final String text =
        new String(Capture.octets(ROOT + "timeline.txt"), StandardCharsets.UTF_8);

    long nanos(String event) {
      Matcher matcher = Pattern.compile("(?m)^ *([0-9.]+) +" + Pattern.quote(event)).matcher(text);
      if (!matcher.find()) {
        throw new IllegalArgumentException(event);
      }
      return Math.round(Double.parseDouble(matcher.group(1)) * 1e9);
    }
  }

  private static final class Run {
    private final EnrollmentServer gw;
    private final EnrollmentClient ap1;
    private final List<Seen> sent = new ArrayList<>();
    private boolean enrolled;
    private boolean completed;

    Run(Optional<EnrollmentSecret> secret, long gwStart, long ap1Start) {
      gw =
          new EnrollmentServer(
              new EnrollmentOffer(
                  Optional.of(AUTH_KEY),
                  BlobValue.Table.of(Map.of("name", "server")),
                  BlobValue.Table.of(Map.of("ip", "192.168.9.1")),
                  secret,
                  secret.isPresent(),
                  EnrollmentSession.DEFAULT_TIMEOUT),
              new Random(),
              gwStart);
      ap1 =
          new EnrollmentClient(
              new EnrollmentRequest(
                  List.of(GW),
                  BlobValue.Table.of(Map.of("hostname", "new-ap")),
                  secret,
                  secret.isPresent(),
                  EnrollmentRequest.DEFAULT_INTERVAL,
                  EnrollmentSession.DEFAULT_TIMEOUT,
                  EnrollmentRequest.DEFAULT_PORT),
              new Random(),
              ap1Start);
    }

    /** Carries out what a side wants done; the network takes no time. */
    void carryOut(boolean ofGw, List<EnrollmentEffect> effects, long now) {
      for (EnrollmentEffect effect : effects) {
        switch (effect) {
          case EnrollmentEffect.Send(Endpoint destination, Enroll message) -> {
            sent.add(
                new Seen(
                    now,
                    ofGw ? GW : AP1,
                    message.op(),
                    message.nonce(),
                    HEADERS + message.payloadOctets()));
            assertEquals(ofGw ? AP1 : GW, destination);
            if (ofGw) {
              carryOut(false, ap1.onMessage(GW, message, now), now);
            } else {
              carryOut(true, gw.onMessage(AP1, message, now), now);
            }
          }
          case EnrollmentEffect.Enrolled enrollee -> enrolled = true;
          case EnrollmentEffect.Completed done -> completed = true;
          case EnrollmentEffect.Changed changed -> {}
          case EnrollmentEffect.TimedOut timedOut -> throw new AssertionError("too early");
        }
      }
    }

    void bothShow(String moment) {
      shows("gw", moment, gw.peers());
      shows("ap1", moment, ap1.peers());
      assertEquals(gw.peers().getFirst().session(), ap1.peers().getFirst().session());
    }

    private static void shows(String node, String moment, List<EnrollmentPeer> peers) {
      JsonNode recorded =
          Recording.json(ROOT + "status-" + node + "-" + moment + ".json").get("peers");
      assertEquals(recorded.size(), peers.size());
      JsonNode status = recorded.get(0);
      EnrollmentPeer peer = peers.getFirst();
      assertEquals(status.get("address").asText(), peer.address().address().getHostAddress());
      assertEquals(status.get("confirmed").asBoolean(), peer.confirmed());
      assertEquals(status.get("accepted").asBoolean(), peer.accepted());
      assertEquals(status.get("has_secret").asBoolean(), peer.secretProven());
      assertEquals(status.get("session").asText().length(), peer.session().length());
      if (node.equals("ap1")) {
        assertEquals(
            Optional.of(status.get("enroll_key").asText()), peer.authKey().map(AuthKey::toString));
        assertEquals(Optional.of(status.at("/enroll_meta/ip").asText()), peer.info().text("ip"));
      }
    }
  }

  private final Timeline timeline = new Timeline();
  private final List<Seen> recorded =
      Capture.read(ROOT + "gw-underlay.pcap").stream()
          .filter(datagram -> datagram.payload().get(1) == ENROLL)
          .map(Seen::of)
          .toList();

  /** The time of the timeline's zero. */
  private final long zero =
      recorded.getFirst().atNanos() - timeline.nanos("ap1  sends client discovery");

  @Test
  void acceptedByHandBothSidesSendAndShowWhatWasRecorded() {
    Run run =
        new Run(
            Optional.empty(),
            zero + timeline.nanos("lab  enroll_start on gw (nosecret)"),
            zero + timeline.nanos("lab  enroll_start on ap1 (nosecret)"));
    long now = zero + timeline.nanos("lab  enroll_start on ap1 (nosecret)");
    now += run.ap1.nanosToTimer(now);
    run.carryOut(false, run.ap1.onTimer(now), now);
    Run.shows("gw", "before", run.gw.peers());
    now = zero + timeline.nanos("lab  gw accepts");
    run.carryOut(true, run.gw.accept(run.ap1.sessionKey(), now), now);
    Run.shows("ap1", "before", run.ap1.peers());
    now = zero + timeline.nanos("lab  ap1 accepts");
    run.carryOut(false, run.ap1.accept(run.gw.sessionKey(), now), now);
    run.bothShow("nosecret");
    compare(recorded.subList(0, 5), run);
  }

  @Test
  void acceptedBySecretBothSidesSendAndShowWhatWasRecorded() {
    EnrollmentSecret secret = EnrollmentSecret.of("any secret does");
    Run run =
        new Run(
            Optional.of(secret),
            zero + timeline.nanos("lab  enroll_start on gw (secret)"),
            zero + timeline.nanos("lab  enroll_start on ap1 (secret)"));
    long now = zero + timeline.nanos("lab  enroll_start on ap1 (secret)");
    now += run.ap1.nanosToTimer(now);
    run.carryOut(false, run.ap1.onTimer(now), now);
    run.bothShow("secret");
    compare(recorded.subList(5, 10), run);
  }

  private void compare(List<Seen> recordedRun, Run run) {
    assertEquals(10, recorded.size());
    assertEquals(recordedRun.size(), run.sent.size());
    for (int i = 0; i < recordedRun.size(); i++) {
      Seen expected = recordedRun.get(i);
      Seen actual = run.sent.get(i);
      long late = expected.atNanos() - actual.atNanos();
      assertTrue(late >= -1_000_000 && late < TOLERANCE_NANOS, () -> expected + ", ours " + actual);
      assertEquals(
          expected,
          new Seen(
              expected.atNanos(), actual.source(), actual.op(), actual.nonce(), actual.octets()));
    }
    assertTrue(run.enrolled && run.completed);
  }
}
