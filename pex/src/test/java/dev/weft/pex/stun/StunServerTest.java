// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.pex.stun.StunMessage.BindingError;
import dev.weft.pex.stun.StunMessage.BindingRequest;
import dev.weft.pex.stun.StunMessage.BindingSuccess;
import dev.weft.pex.stun.StunServer.Answer;
import dev.weft.pex.stun.StunServer.Counts;
import dev.weft.pex.stun.StunServer.Limits;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class StunServerTest {

  private static final Endpoint V4 = Endpoint.parse("203.0.113.9:4001");
  private static final Endpoint V6 = Endpoint.parse("[2001:db8:9:9::9]:4001");
  private static final TransactionId ID = new TransactionId(7, 8);
  private static final long START = Long.MAX_VALUE - 5;
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final StunServer server = new StunServer(new Limits(2, 4, 1000, 100));

  private static BindingRequest request(OptionalInt responsePort, List<Integer> unknown) {
    return new BindingRequest(ID, responsePort, unknown, false);
  }

  private Optional<Answer> ask(StunMessage request, Endpoint source, long nowNanos) {
    return server.answer(request.encode(), source, nowNanos);
  }

  private Answer answer(StunMessage request, Endpoint source) {
    return ask(request, source, START).orElseThrow();
  }

  private static StunMessage read(Answer answer) throws MalformedStunException {
    return StunMessage.decode(answer.datagram());
  }

  @Test
  void aRequestIsAnsweredWithItsSource() throws MalformedStunException {
    for (Endpoint source : List.of(V4, V6)) {
      Answer answer = answer(new BindingRequest(ID), source);
      assertEquals(source, answer.destination());
      assertEquals(
          new BindingSuccess(ID, Optional.of(source), Optional.empty(), false), read(answer));
      // 20 octets of request.
      assertEquals(source.isIpv6() ? 44 : 32, answer.datagram().remaining());
    }
    assertEquals(new Counts(2, 2, 0, 0, 0), server.counts());
  }

  @Test
  void theOctetsOfAnAnswerAreThoseThatTheRecordedDaemonAccepts() {
    byte[] id = HexFormat.of().parseHex("fdae2b86c9ded9f4c640af19");
    BindingRequest request = new BindingRequest(TransactionId.decode(ByteBuffer.wrap(id)));
    ByteBuffer expected =
        ByteBuffer.wrap(
            HexFormat.of()
                .parseHex("0101000c2112a442fdae2b86c9ded9f4c640af190020000800012d8ee112a643"));
    assertEquals(expected, answer(request, Endpoint.parse("192.0.2.1:3228")).datagram());
  }

  @Test
  void anotherPortOfTheAskingAddressMayBeAnswered() throws MalformedStunException {
    Answer answer = answer(request(OptionalInt.of(51819), List.of()), V4);
    assertEquals(new Endpoint(V4.address(), 51819), answer.destination());
    // It tells of the port that asked, not of the one that is answered.
    assertEquals(new BindingSuccess(ID, Optional.of(V4), Optional.empty(), false), read(answer));
  }

  @Test
  void portZeroIsRefused() throws MalformedStunException {
    Answer answer = answer(request(OptionalInt.of(0), List.of()), V4);
    assertEquals(V4, answer.destination());
    assertEquals(new BindingError(ID, 400, List.of(), false), read(answer));
    assertEquals(new Counts(1, 1, 1, 0, 0), server.counts());
  }

  @Test
  void whatMustBeUnderstoodAndIsNotIsRefusedByName() throws MalformedStunException {
    Answer answer = answer(request(OptionalInt.of(9), List.of(0x0003, 0x7abc)), V4);
    assertEquals(V4, answer.destination());
    assertEquals(new BindingError(ID, 420, List.of(0x0003, 0x7abc), false), read(answer));
  }

  @Test
  void fingerprintIsAnsweredWithFingerprint() throws MalformedStunException {
    Answer answer = answer(new BindingRequest(ID, OptionalInt.empty(), List.of(), true), V6);
    assertTrue(read(answer).fingerprint());
    assertEquals(52, answer.datagram().remaining()); // for 28
  }

  @Test
  void whatIsNoRequestIsNotAnswered() {
    for (StunMessage message :
        List.of(
            new BindingSuccess(ID, Optional.of(V4), Optional.empty(), false),
            new BindingError(ID, 420, List.of(), false))) {
      assertEquals(Optional.empty(), ask(message, V4, START));
    }
    assertEquals(Optional.empty(), server.answer(ByteBuffer.allocate(20), V4, START));
    // RFC 3489: no magic cookie.
    ByteBuffer classic = new BindingRequest(ID).encode();
    classic.putInt(4, 0x01020304);
    assertEquals(Optional.empty(), server.answer(classic, V4, START));
    assertEquals(new Counts(4, 0, 0, 4, 0), server.counts());
  }

  @Test
  void sourcesThatCannotBeAnsweredAreNot() {
    for (String source : List.of("0.0.0.0:1", "255.255.255.255:1", "224.0.0.1:1", "[ff02::1]:1")) {
      assertEquals(
          Optional.empty(), ask(new BindingRequest(ID), Endpoint.parse(source), START), source);
    }
    Endpoint portless = new Endpoint(V4.address(), 0);
    assertEquals(Optional.empty(), ask(new BindingRequest(ID), portless, START));
    assertEquals(5, server.counts().malformed());
  }

  private int answeredOf(int requests, Endpoint source, long nowNanos) {
    int answered = 0;
    for (int i = 0; i < requests; i++) {
      answered += ask(new BindingRequest(ID), source, nowNanos).isPresent() ? 1 : 0;
    }
    return answered;
  }

  @Test
  void aSourceIsLimitedAndRecovers() {
    assertEquals(4, answeredOf(10, V4, START));
    assertEquals(0, answeredOf(10, V4, START + SECOND / 4));
    assertEquals(1, answeredOf(10, V4, START + SECOND / 2));
    assertEquals(2, answeredOf(10, V4, START + SECOND * 3 / 2));
    assertEquals(4, answeredOf(10, V4, START + SECOND * 100));
    assertEquals(new Counts(50, 11, 0, 0, 39), server.counts());
  }

  @Test
  void sourcesAreToldApartByAddressAndSite() {
    assertEquals(4, answeredOf(10, V4, START));
    assertEquals(0, answeredOf(10, new Endpoint(V4.address(), 5), START));
    assertEquals(4, answeredOf(10, Endpoint.parse("203.0.113.8:4001"), START));
    assertEquals(4, answeredOf(10, V6, START));
    assertEquals(0, answeredOf(10, Endpoint.parse("[2001:db8:9:9:ffff::1]:9"), START));
    assertEquals(4, answeredOf(10, Endpoint.parse("[2001:db8:9:a::9]:9"), START));
  }

  @Test
  void allSourcesTogetherAreLimited() {
    StunServer small = new StunServer(new Limits(2, 4, 6, 100));
    int answered = 0;
    for (int i = 1; i <= 20; i++) {
      Endpoint source = new Endpoint(InetAddress.ofLiteral("203.0.113." + i), 1);
      answered += small.answer(new BindingRequest(ID).encode(), source, START).isPresent() ? 1 : 0;
    }
    assertEquals(6, answered);
    assertEquals(14, small.counts().limited());
  }

  @Test
  void memoryIsBoundedWhateverTheSources() {
    for (int i = 0; i < 1000; i++) {
      Endpoint source = Endpoint.parse("[2001:db8:" + Integer.toHexString(i) + "::1]:" + (1 + i));
      ask(new BindingRequest(ID), source, START);
    }
    assertEquals(100, server.sources());
  }

  @Test
  void limitsAreChecked() {
    assertThrows(IllegalArgumentException.class, () -> new Limits(0, 1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new Limits(1, 1, 1, 1 << 25));
  }
}
