// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.pex.stun.StunClient.Outcome;
import dev.weft.pex.stun.StunClient.Retransmission;
import dev.weft.pex.stun.StunClient.Send;
import dev.weft.pex.stun.StunMessage.BindingError;
import dev.weft.pex.stun.StunMessage.BindingSuccess;
import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class StunClientTest {

  private static final Endpoint ONE = Endpoint.parse("192.0.2.1:3478");
  private static final Endpoint TWO = Endpoint.parse("[2001:db8::2]:3478");
  private static final Endpoint OURS = Endpoint.parse("203.0.113.9:4001");
  private static final long START = Long.MIN_VALUE;

  private final StunClient client = new StunClient(new FixedRandom(), Retransmission.RFC_8489);

  private static TransactionId transaction(Send send) throws MalformedStunException {
    return StunMessage.decode(send.datagram()).transaction();
  }

  private static ByteBuffer success(Send send, Endpoint seen) throws MalformedStunException {
    return new BindingSuccess(transaction(send), Optional.of(seen), Optional.empty(), false)
        .encode();
  }

  @Test
  void aSilentServerIsAskedSevenTimesAsTheRfcSays() {
    List<Long> millis = new ArrayList<>();
    List<Send> sends = new ArrayList<>(client.start(List.of(ONE), START));
    millis.add(0L);
    OptionalLong next = client.nextDeadlineNanos();
    long now = START;
    while (next.isPresent()) {
      now = next.getAsLong();
      for (Send send : client.onDeadline(now)) {
        sends.add(send);
        millis.add(TimeUnit.NANOSECONDS.toMillis(now - START));
      }
      next = client.nextDeadlineNanos();
    }
    // RFC 8489 §6.2.1 has these very numbers as its example.
    assertEquals(List.of(0L, 500L, 1500L, 3500L, 7500L, 15500L, 31500L), millis);
    assertEquals(39_500, TimeUnit.NANOSECONDS.toMillis(now - START));
    assertEquals(Map.of(ONE, new Outcome.TimedOut()), client.outcomes());
    assertTrue(client.isDone());
    // A repetition is the same request.
    assertEquals(1, sends.stream().map(Send::datagram).distinct().count());
  }

  @Test
  void eachServerIsAskedForItself() throws MalformedStunException {
    List<Send> sends = client.start(List.of(ONE, TWO, ONE), START);
    assertEquals(List.of(ONE, TWO), sends.stream().map(Send::server).toList());
    assertEquals(Optional.of(OURS), client.onDatagram(success(sends.getFirst(), OURS), ONE));
    assertFalse(client.isDone());
    List<Send> again = client.onDeadline(START + TimeUnit.MILLISECONDS.toNanos(500));
    assertEquals(List.of(TWO), again.stream().map(Send::server).toList());
    Endpoint ours = Endpoint.parse("[2001:db8:9::9]:51820");
    assertEquals(Optional.of(ours), client.onDatagram(success(again.getFirst(), ours), TWO));
    assertTrue(client.isDone());
    assertEquals(
        Map.of(ONE, new Outcome.Reflexive(OURS), TWO, new Outcome.Reflexive(ours)),
        client.outcomes());
    assertEquals(OptionalLong.empty(), client.nextDeadlineNanos());
  }

  @Test
  void answersFromElsewhereAreIgnored() throws MalformedStunException {
    Send send = client.start(List.of(ONE), START).getFirst();
    Endpoint otherPort = new Endpoint(ONE.address(), 3479);
    assertEquals(Optional.empty(), client.onDatagram(success(send, OURS), TWO));
    assertEquals(Optional.empty(), client.onDatagram(success(send, OURS), otherPort));
    assertEquals(Optional.empty(), client.onDatagram(send.datagram(), ONE));
    assertEquals(Optional.empty(), client.onDatagram(ByteBuffer.allocate(3), ONE));
    assertEquals(Map.of(ONE, new Outcome.Pending()), client.outcomes());
    assertEquals(Optional.of(OURS), client.onDatagram(success(send, OURS), ONE));
    // It is answered now; a second answer is none.
    assertEquals(Optional.empty(), client.onDatagram(success(send, ONE), ONE));
    assertEquals(Map.of(ONE, new Outcome.Reflexive(OURS)), client.outcomes());
  }

  @Test
  void refusalsEndTheRequest() throws MalformedStunException {
    List<Send> sends = client.start(List.of(ONE, TWO), START);
    ByteBuffer error = new BindingError(transaction(sends.get(0)), 401, List.of(), false).encode();
    assertEquals(Optional.empty(), client.onDatagram(error, ONE));
    ByteBuffer empty =
        new BindingSuccess(transaction(sends.get(1)), Optional.empty(), Optional.empty(), false)
            .encode();
    assertEquals(Optional.empty(), client.onDatagram(empty, TWO));
    assertEquals(
        Map.of(ONE, new Outcome.Refused(401), TWO, new Outcome.Refused(0)), client.outcomes());
    assertTrue(client.isDone());
  }

  @Test
  void aClientIsForOneUse() {
    client.start(List.of(ONE), START);
    assertThrows(IllegalStateException.class, () -> client.start(List.of(ONE), START));
  }

  @Test
  void retransmissionIsBounded() {
    assertThrows(IllegalArgumentException.class, () -> new Retransmission(Duration.ZERO, 7, 16));
    assertThrows(
        IllegalArgumentException.class, () -> new Retransmission(Duration.ofMillis(1), 17, 16));
    assertThrows(
        IllegalArgumentException.class, () -> new Retransmission(Duration.ofMillis(1), 7, 0));
  }
}
