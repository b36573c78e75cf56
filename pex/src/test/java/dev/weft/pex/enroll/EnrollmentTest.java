// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.crypto.X25519;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.enroll.EnrollmentEffect.Changed;
import dev.weft.pex.enroll.EnrollmentEffect.Completed;
import dev.weft.pex.enroll.EnrollmentEffect.Enrolled;
import dev.weft.pex.enroll.EnrollmentEffect.Send;
import dev.weft.pex.enroll.EnrollmentEffect.TimedOut;
import dev.weft.pex.message.Enroll;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class EnrollmentTest {

  private static final AuthKey AUTH_KEY = AuthKey.of(filled(9, 32));
  private static final PublicKey OTHER_KEY = PublicKey.of(AUTH_KEY.octets());
  private static final Endpoint SERVER = Endpoint.parse("198.51.100.1:51819");
  private static final Endpoint CLIENT = Endpoint.parse("192.0.2.30:51819");
  private static final Endpoint ELSEWHERE = Endpoint.parse("203.0.113.66:666");
  private static final EnrollmentSecret SECRET = EnrollmentSecret.of("correct horse battery");
  private static final BlobValue.Table HELLO = BlobValue.Table.of(Map.of("hostname", "new"));
  private static final BlobValue.Table WELCOME = BlobValue.Table.of(Map.of("ip", "192.168.9.1"));
  private static final long SECOND = 1_000_000_000L;

  private long now = Long.MAX_VALUE - SECOND; // the clock passes its largest number
  private int seed = 1;

  private static byte[] filled(int octet, int length) {
    byte[] octets = new byte[length];
    Arrays.fill(octets, (byte) octet);
    return octets;
  }

  private RandomSource random() {
    return Vectors.random(filled(seed++, 64));
  }

  private static EnrollmentOffer.Builder offer() {
    return EnrollmentOffer.builder(AUTH_KEY).info(WELCOME);
  }

  private static EnrollmentRequest.Builder request() {
    return EnrollmentRequest.builder(List.of(SERVER)).info(HELLO);
  }

  private EnrollmentServer server(EnrollmentOffer.Builder offer) {
    return new EnrollmentServer(offer.build(), random(), now);
  }

  private EnrollmentClient client(EnrollmentRequest.Builder request) {
    return new EnrollmentClient(request.build(), random(), now);
  }

  private static Enroll sent(List<EnrollmentEffect> effects) {
    List<Enroll> messages =
        effects.stream().filter(Send.class::isInstance).map(e -> ((Send) e).message()).toList();
    assertEquals(1, messages.size(), effects.toString());
    return messages.getFirst();
  }

  private static <T> T only(Class<T> type, List<EnrollmentEffect> effects) {
    List<T> found = effects.stream().filter(type::isInstance).map(type::cast).toList();
    assertEquals(1, found.size(), effects.toString());
    return found.getFirst();
  }

  private Enroll discovery(EnrollmentClient client) {
    now += 10_000_000;
    return sent(client.onTimer(now));
  }

  /** Goes as far as the client's announcement and gives it. */
  private Enroll announcement(EnrollmentClient client, EnrollmentServer server) {
    Enroll offered = sent(server.onMessage(CLIENT, discovery(client), now));
    return sent(client.onMessage(SERVER, offered, now));
  }

  /** Goes as far as the server waiting for its operator. */
  private void announce(EnrollmentClient client, EnrollmentServer server) {
    List<EnrollmentEffect> effects = server.onMessage(CLIENT, announcement(client, server), now);
    assertEquals(List.of(new Changed(server(server, client))), effects);
  }

  private static EnrollmentPeer server(EnrollmentServer server, EnrollmentClient client) {
    return peer(server, client.sessionKey());
  }

  private static EnrollmentPeer peer(EnrollmentSession session, PublicKey id) {
    return session.peers().stream().filter(peer -> peer.id().equals(id)).findFirst().orElseThrow();
  }

  private static void dropped(EnrollmentSession session, EnrollmentDrop drop, long times) {
    assertEquals(Map.of(drop, times), session.drops());
  }

  /** The nonce and the attributes of a message as another member of the session could forge it. */
  private static Enroll forged(
      byte[] privateKey, PublicKey other, int op, long nonce, Map<String, BlobValue> attributes) {
    PublicKey own = PublicKey.of(X25519.publicKey(privateKey));
    return EnrollmentKeys.agree(privateKey, own, other)
        .orElseThrow()
        .seal(op, nonce, Blobmsg.encode(new BlobValue.Table(attributes)));
  }

  @Test
  void withoutASecretNobodyIsAcceptedButByTheOperators() {
    EnrollmentServer server = server(offer());
    EnrollmentClient client = client(request());
    announce(client, server);
    assertFalse(server(server, client).accepted());

    List<EnrollmentEffect> accepted = server.accept(client.sessionKey(), now);
    assertTrue(only(Changed.class, accepted).peer().accepted());
    List<EnrollmentEffect> confirmed = client.onMessage(SERVER, sent(accepted), now);
    assertEquals(1, confirmed.size(), "the client waits for its operator");
    assertTrue(only(Changed.class, confirmed).peer().confirmed());

    List<EnrollmentEffect> completed = client.accept(server.sessionKey(), now);
    Enrollment enrollment = only(Completed.class, completed).enrollment();
    assertEquals(Optional.of(AUTH_KEY), enrollment.authKey());
    assertEquals(WELCOME, enrollment.info());
    EnrollmentPeer enrolled =
        only(Enrolled.class, server.onMessage(CLIENT, sent(completed), now)).peer();
    assertEquals(enrollment.privateKey().publicKey(), enrolled.hostKey());
    assertEquals(HELLO, enrolled.info());
    assertEquals(enrollment.session(), enrolled.session());
    assertFalse(enrolled.secretProven());
  }

  @Test
  void theOperatorAcceptsByWhatBothSidesShowUnlessItIsAmbiguous() {
    EnrollmentServer server = server(offer());
    EnrollmentClient client = client(request());
    announce(client, server);
    assertEquals(List.of(), server.accept("00000000", now));
    assertEquals(2, server.accept(server(server, client).session(), now).size());
  }

  @Test
  void theOperatorMayTellAHostSomethingOfItsOwn() {
    EnrollmentServer server = server(offer());
    EnrollmentClient client = client(request());
    announce(client, server);
    BlobValue.Table own = BlobValue.Table.of(Map.of("ip", "192.168.9.77"));
    Enroll confirm = sent(server.accept(client.sessionKey(), own, now));
    client.onMessage(SERVER, confirm, now);
    assertEquals(own, peer(client, server.sessionKey()).info());
    assertEquals(List.of(), server.accept(OTHER_KEY, own, now));
    BlobValue.Table tooLong = BlobValue.Table.of(Map.of("x", "x".repeat(923)));
    assertThrows(
        IllegalArgumentException.class, () -> server.accept(client.sessionKey(), tooLong, now));
  }

  @Test
  void aNetworkWithoutSignedDataHasNoAuthKey() {
    EnrollmentServer server = server(EnrollmentOffer.builder().autoAccept(SECRET));
    EnrollmentClient client = client(request().autoAccept(SECRET));
    List<EnrollmentEffect> accepted = server.onMessage(CLIENT, announcement(client, server), now);
    List<EnrollmentEffect> completed = client.onMessage(SERVER, sent(accepted), now);
    assertEquals(Optional.empty(), only(Completed.class, completed).enrollment().authKey());
    only(Enrolled.class, server.onMessage(CLIENT, sent(completed), now));
  }

  @Test
  void aWrongSecretProvesNothingAndTheOperatorDecides() {
    EnrollmentServer server = server(offer().autoAccept(SECRET));
    EnrollmentClient client = client(request().autoAccept(EnrollmentSecret.of("wrong")));
    announce(client, server);
    assertFalse(server(server, client).secretProven());
    Enroll confirm = sent(server.accept(client.sessionKey(), now));
    List<EnrollmentEffect> confirmed = client.onMessage(SERVER, confirm, now);
    assertEquals(1, confirmed.size(), "the client does not accept by itself");
    assertFalse(only(Changed.class, confirmed).peer().secretProven());
  }

  @Test
  void aRightSecretAloneAcceptsNobodyUnlessAskedTo() {
    EnrollmentServer server = server(offer().secret(SECRET));
    EnrollmentClient client = client(request().secret(SECRET));
    announce(client, server);
    assertTrue(server(server, client).secretProven());
    Enroll confirm = sent(server.accept(client.sessionKey(), now));
    assertTrue(only(Changed.class, client.onMessage(SERVER, confirm, now)).peer().secretProven());
  }

  @Test
  void automaticAcceptanceNeedsASecret() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new EnrollmentOffer(
                Optional.empty(), HELLO, HELLO, Optional.empty(), true, Duration.ZERO));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new EnrollmentRequest(
                List.of(SERVER),
                HELLO,
                Optional.empty(),
                true,
                Duration.ofSeconds(1),
                Duration.ZERO,
                0));
    assertThrows(IllegalArgumentException.class, () -> EnrollmentSecret.of(""));
  }

  @Test
  void settingsOutOfRangeAreRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> offer().timeout(Duration.ofSeconds(-1)).build());
    assertThrows(
        IllegalArgumentException.class, () -> offer().timeout(Duration.ofDays(366)).build());
    assertThrows(
        IllegalArgumentException.class, () -> request().interval(Duration.ofMillis(99)).build());
    assertThrows(
        IllegalArgumentException.class, () -> request().interval(Duration.ofDays(2)).build());
    assertThrows(
        IllegalArgumentException.class, () -> EnrollmentRequest.builder(List.of()).build());
    assertThrows(
        IllegalArgumentException.class,
        () -> EnrollmentRequest.builder(List.of(new Endpoint(SERVER.address(), 0))).build());
    assertThrows(IllegalArgumentException.class, () -> request().localPort(65536).build());
    BlobValue.Table tooLong = BlobValue.Table.of(Map.of("x", "x".repeat(923)));
    assertThrows(IllegalArgumentException.class, () -> server(offer().serverInfo(tooLong)));
    assertThrows(IllegalArgumentException.class, () -> server(offer().info(tooLong)));
    assertThrows(IllegalArgumentException.class, () -> client(request().info(tooLong)));
  }

  @Test
  void theClientAsksAllServersAtOnceAndEachIntervalUntilItAccepts() {
    EnrollmentClient client =
        client(
            EnrollmentRequest.builder(List.of(SERVER, ELSEWHERE)).interval(Duration.ofSeconds(3)));
    assertEquals(List.of(), client.onTimer(now));
    assertEquals(10_000_000, client.nanosToTimer(now));
    now += 10_000_000;
    List<EnrollmentEffect> first = client.onTimer(now);
    assertEquals(
        List.of(SERVER, ELSEWHERE), first.stream().map(e -> ((Send) e).destination()).toList());
    assertEquals(3 * SECOND, client.nanosToTimer(now));
    now += 3 * SECOND;
    assertEquals(first, client.onTimer(now));

    EnrollmentServer server = server(offer());
    Enroll offered = sent(server.onMessage(CLIENT, ((Send) first.getFirst()).message(), now));
    Enroll announced = sent(client.onMessage(SERVER, offered, now));
    server.onMessage(CLIENT, announced, now);
    client.onMessage(SERVER, sent(server.accept(client.sessionKey(), now)), now);
    client.accept(server.sessionKey(), now);
    assertTrue(client.nanosToTimer(now) > 100 * SECOND, "only the timeout is left");
    now += 3 * SECOND;
    assertEquals(List.of(), client.onTimer(now));
  }

  @Test
  void afterTheTimeoutNothingIsLeftAndNothingHappens() {
    EnrollmentServer server = server(offer().timeout(Duration.ofSeconds(5)));
    EnrollmentClient client = client(request().timeout(Duration.ofSeconds(5)));
    announce(client, server);
    assertEquals(5 * SECOND - 10_000_000, server.nanosToTimer(now));
    now += 5 * SECOND;
    assertEquals(List.of(), server.accept(client.sessionKey(), now), "it is over already");
    assertEquals(0, server.nanosToTimer(now));
    assertEquals(List.of(new TimedOut()), server.onTimer(now));
    assertEquals(List.of(new TimedOut()), client.onTimer(now));
    for (EnrollmentSession session : List.of(server, client)) {
      assertTrue(session.isEnded());
      assertEquals(List.of(), session.peers());
      assertEquals(Long.MAX_VALUE, session.nanosToTimer(now));
      assertEquals(List.of(), session.onTimer(now));
      assertEquals(List.of(), session.onMessage(SERVER, junk(0, 1), now));
      dropped(session, EnrollmentDrop.ENDED, 1);
    }
  }

  @Test
  void aTimeoutOfZeroIsNever() {
    EnrollmentServer server = server(offer().timeout(Duration.ZERO));
    assertEquals(Long.MAX_VALUE, server.nanosToTimer(now));
    assertEquals(List.of(), server.onTimer(now + Long.MAX_VALUE));
  }

  @Test
  void whatTheClientGotOutlivesItsSession() {
    EnrollmentServer server = server(offer().autoAccept(SECRET));
    EnrollmentClient client = client(request().autoAccept(SECRET));
    Enroll confirm = sent(server.onMessage(CLIENT, announcement(client, server), now));
    Enrollment enrollment =
        only(Completed.class, client.onMessage(SERVER, confirm, now)).enrollment();
    client.close();
    client.close();
    assertFalse(enrollment.privateKey().isDestroyed());
    assertEquals(server(server, client).hostKey(), enrollment.privateKey().publicKey());
  }

  @Test
  void ownMessagesAndThoseOfTheWrongRoleAreIgnored() {
    EnrollmentServer server = server(offer());
    EnrollmentClient client = client(request());
    Enroll discovery = discovery(client);
    assertEquals(List.of(), client.onMessage(SERVER, discovery, now));
    dropped(client, EnrollmentDrop.OWN_KEY, 1);
    for (int op : List.of(1, 3)) {
      assertEquals(List.of(), server.onMessage(CLIENT, junk(op, 1), now));
    }
    dropped(server, EnrollmentDrop.WRONG_ROLE, 2);
    EnrollmentClient other = client(request());
    for (int op : List.of(0, 2, 4)) {
      assertEquals(List.of(), other.onMessage(SERVER, junk(op, 1), now));
    }
    dropped(other, EnrollmentDrop.WRONG_ROLE, 3);
    EnrollmentClient third = client(request());
    assertEquals(List.of(), third.onMessage(SERVER, junk(5, 1), now));
    dropped(third, EnrollmentDrop.UNKNOWN_OP, 1);
  }

  private static Enroll junk(int op, int number) {
    return new Enroll(
        op,
        PublicKey.of(X25519.publicKey(filled(100 + number, 32))),
        filled(0, 32),
        0,
        filled(0, 40));
  }

  @Test
  void ofMessagesWithAWrongMacNothingIsKept() {
    EnrollmentServer server = server(offer());
    EnrollmentClient client = client(request());
    Enroll announced = announcement(client, server);
    byte[] data = announced.data();
    data[3] ^= 1;
    Enroll altered = new Enroll(2, announced.session(), announced.hmac(), announced.nonce(), data);
    assertEquals(List.of(), server.onMessage(CLIENT, altered, now));
    assertEquals(List.of(), server.peers());
    dropped(server, EnrollmentDrop.BAD_MAC, 1);
    EnrollmentClient other = client(request());
    assertEquals(List.of(), other.onMessage(SERVER, junk(1, 1), now));
    assertEquals(List.of(), other.peers());
    dropped(other, EnrollmentDrop.BAD_MAC, 1);
  }

  @Test
  void sessionKeysOfLowOrderAreRefused() {
    PublicKey zero = PublicKey.of(new byte[32]);
    EnrollmentServer server = server(offer());
    EnrollmentClient client = client(request());
    assertEquals(
        List.of(),
        server.onMessage(CLIENT, new Enroll(0, zero, filled(0, 32), 0, new byte[0]), now));
    assertEquals(
        List.of(),
        client.onMessage(SERVER, new Enroll(1, zero, filled(0, 32), 0, new byte[8]), now));
    dropped(server, EnrollmentDrop.LOW_ORDER_KEY, 1);
    dropped(client, EnrollmentDrop.LOW_ORDER_KEY, 1);
  }

  @Test
  void aForgedDiscoveryOfAKnownSessionRedirectsNothing() {
    EnrollmentServer server = server(offer());
    EnrollmentClient client = client(request());
    Enroll discovery = discovery(client);
    Enroll offered = sent(server.onMessage(CLIENT, discovery, now));
    server.onMessage(CLIENT, sent(client.onMessage(SERVER, offered, now)), now);

    List<EnrollmentEffect> answer = server.onMessage(ELSEWHERE, discovery, now);
    assertEquals(ELSEWHERE, assertInstanceOf(Send.class, answer.getFirst()).destination());
    assertEquals(CLIENT, server(server, client).address());
    List<EnrollmentEffect> accepted = server.accept(client.sessionKey(), now);
    assertEquals(CLIENT, only(Send.class, accepted).destination());
  }

  @Test
  void aLostAnnouncementIsMadeUpForByTheNextDiscovery() {
    EnrollmentServer server = server(offer());
    EnrollmentClient client = client(request());
    announcement(client, server); // lost
    now += 10 * SECOND;
    Enroll again = sent(server.onMessage(CLIENT, sent(client.onTimer(now)), now));
    Enroll announced = sent(client.onMessage(SERVER, again, now));
    only(Changed.class, server.onMessage(CLIENT, announced, now));
  }

  @Test
  void aLostConfirmIsMadeUpForByTheNextDiscovery() {
    EnrollmentServer server = server(offer().autoAccept(SECRET));
    EnrollmentClient client = client(request().autoAccept(SECRET));
    sent(server.onMessage(CLIENT, announcement(client, server), now)); // lost
    now += 10 * SECOND;
    Enroll again = sent(server.onMessage(CLIENT, sent(client.onTimer(now)), now));
    Enroll announced = sent(client.onMessage(SERVER, again, now));
    Enroll confirm = sent(server.onMessage(CLIENT, announced, now));
    List<EnrollmentEffect> completed = client.onMessage(SERVER, confirm, now);
    only(Completed.class, completed);
    only(Enrolled.class, server.onMessage(CLIENT, sent(completed), now));
  }

  @Test
  void aLostAcceptIsSentAgainWhenTheServerAcceptsAgainButCompletesOnce() {
    EnrollmentServer server = server(offer().autoAccept(SECRET));
    EnrollmentClient client = client(request().autoAccept(SECRET));
    Enroll confirm = sent(server.onMessage(CLIENT, announcement(client, server), now));
    sent(client.onMessage(SERVER, confirm, now)); // lost
    List<EnrollmentEffect> again = server.accept(client.sessionKey(), now);
    assertEquals(1, again.size());
    List<EnrollmentEffect> answer = client.onMessage(SERVER, sent(again), now);
    assertEquals(1, answer.size());
    Enroll accept = sent(answer);
    only(Enrolled.class, server.onMessage(CLIENT, accept, now));
    assertEquals(List.of(), server.onMessage(CLIENT, accept, now), "a replay enrolls nobody");
    assertEquals(1, client.accept(server.sessionKey(), now).size());
  }

  @Test
  void theLastAddressIsThatOfTheLastFreshMessageWithAValidMac() {
    EnrollmentServer server = server(offer());
    EnrollmentClient client = client(request());
    Enroll offered = sent(server.onMessage(CLIENT, discovery(client), now));
    Enroll announced = sent(client.onMessage(SERVER, offered, now));
    server.onMessage(CLIENT, announced, now);
    assertEquals(List.of(), server.onMessage(ELSEWHERE, announced, now));
    dropped(server, EnrollmentDrop.REPLAYED, 1);
    assertEquals(CLIENT, server(server, client).address());

    assertEquals(List.of(), client.onMessage(ELSEWHERE, offered, now));
    dropped(client, EnrollmentDrop.REPLAYED, 1);
    Endpoint moved = Endpoint.parse("198.51.100.2:51819");
    Enroll confirm = sent(server.accept(client.sessionKey(), now));
    client.onMessage(moved, confirm, now);
    assertEquals(moved, peer(client, server.sessionKey()).address());
    assertEquals(List.of(), client.onMessage(ELSEWHERE, confirm, now));
    assertEquals(moved, peer(client, server.sessionKey()).address());

    Enroll accept = sent(client.accept(server.sessionKey(), now));
    server.onMessage(moved, accept, now);
    server.onMessage(ELSEWHERE, accept, now);
    assertEquals(moved, server(server, client).address());
  }

  @Test
  void anAcceptCountsOnlyAfterTheServersAndWithItsHash() {
    byte[] secret = filled(77, 32);
    EnrollmentServer server = server(offer());
    EnrollmentClient client = client(request());
    announce(client, server);
    PublicKey right = PublicKey.of(EnrollmentKeys.acceptHash(AUTH_KEY, server.sessionKey()));
    assertEquals(
        List.of(),
        server.onMessage(
            CLIENT, forged(secret, server.sessionKey(), 4, 9, Map.of("hash", text(right))), now));
    dropped(server, EnrollmentDrop.UNKNOWN_SESSION, 1);

    register(server, secret, 0);
    PublicKey session = PublicKey.of(X25519.publicKey(secret));
    server.onMessage(
        CLIENT, forged(secret, server.sessionKey(), 4, 1, Map.of("hash", text(right))), now);
    assertEquals(1L, server.drops().get(EnrollmentDrop.WRONG_STATE));
    server.accept(session, now);
    server.onMessage(
        CLIENT, forged(secret, server.sessionKey(), 4, 2, Map.of("hash", text(OTHER_KEY))), now);
    assertEquals(1L, server.drops().get(EnrollmentDrop.BAD_HASH));
    server.onMessage(
        CLIENT, forged(secret, server.sessionKey(), 4, 3, Map.of("other", text(right))), now);
    assertEquals(1L, server.drops().get(EnrollmentDrop.INCOMPLETE));
    assertFalse(peer(server, session).confirmed());
    only(
        Enrolled.class,
        server.onMessage(
            CLIENT, forged(secret, server.sessionKey(), 4, 4, Map.of("hash", text(right))), now));
  }

  private static BlobValue text(PublicKey key) {
    return new BlobValue.Text(key.toString());
  }

  /** Announces a host key as a client of the test's own would. */
  private List<EnrollmentEffect> register(EnrollmentServer server, byte[] secret, long nonce) {
    return server.onMessage(
        CLIENT,
        forged(secret, server.sessionKey(), 2, nonce, announcement(server, secret, secret)),
        now);
  }

  private static Map<String, BlobValue> announcement(
      EnrollmentServer server, byte[] secret, byte[] hostKey) {
    byte[] agreed = EnrollmentKeys.agree(hostKey, server.sessionKey()).orElseThrow();
    Map<String, BlobValue> attributes = new LinkedHashMap<>();
    attributes.put("key", text(PublicKey.of(X25519.publicKey(hostKey))));
    attributes.put("hash", text(PublicKey.of(EnrollmentKeys.announceHash(agreed))));
    attributes.put(
        "secret",
        text(PublicKey.of(SECRET.clientProof(PublicKey.of(X25519.publicKey(secret)), agreed))));
    attributes.put("info", HELLO);
    return attributes;
  }

  @Test
  void announcementsWithoutWhatTheyNeedAreRefused() {
    EnrollmentServer server = server(offer());
    byte[] secret = filled(77, 32);
    long count = 0;
    for (String missing : List.of("key", "hash", "info")) {
      Map<String, BlobValue> attributes = announcement(server, secret, secret);
      attributes.remove(missing);
      announce(server, secret, attributes);
      count++;
      dropped(server, EnrollmentDrop.INCOMPLETE, count);
      attributes.put(missing, new BlobValue.Text("no key and no table"));
      announce(server, secret, attributes);
      count++;
      dropped(server, EnrollmentDrop.INCOMPLETE, count);
    }
    assertEquals(List.of(), server.peers());
  }

  private void announce(EnrollmentServer server, byte[] secret, Map<String, BlobValue> attributes) {
    assertEquals(
        List.of(),
        server.onMessage(CLIENT, forged(secret, server.sessionKey(), 2, 0, attributes), now));
  }

  @Test
  void aHostKeyThatTheClientDoesNotHoldIsRefused() {
    EnrollmentServer server = server(offer());
    byte[] secret = filled(77, 32);
    Map<String, BlobValue> attributes = announcement(server, secret, secret);
    attributes.put("key", text(PublicKey.of(X25519.publicKey(filled(78, 32)))));
    announce(server, secret, attributes);
    dropped(server, EnrollmentDrop.BAD_HASH, 1);
    attributes.put("key", text(PublicKey.of(new byte[32])));
    announce(server, secret, attributes);
    assertEquals(1L, server.drops().get(EnrollmentDrop.LOW_ORDER_KEY));
  }

  @Test
  void attributesThatAreNoBlobmsgAreRefused() {
    EnrollmentServer server = server(offer());
    byte[] secret = filled(77, 32);
    PublicKey own = PublicKey.of(X25519.publicKey(secret));
    Enroll broken =
        EnrollmentKeys.agree(secret, own, server.sessionKey())
            .orElseThrow()
            .seal(2, 0, new byte[5]);
    assertEquals(List.of(), server.onMessage(CLIENT, broken, now));
    dropped(server, EnrollmentDrop.MALFORMED, 1);
  }

  @Test
  void anAcceptedSessionKeepsItsHostKeyAndWhatTheOperatorSaw() {
    EnrollmentServer server = server(offer());
    byte[] secret = filled(77, 32);
    PublicKey session = PublicKey.of(X25519.publicKey(secret));
    register(server, secret, 0);
    EnrollmentPeer before = peer(server, session);
    Enroll other =
        forged(secret, server.sessionKey(), 2, 1, announcement(server, secret, filled(78, 32)));
    assertEquals(List.of(), server.onMessage(CLIENT, other, now));
    dropped(server, EnrollmentDrop.CHANGED_KEY, 1);
    assertEquals(before, peer(server, session));

    Map<String, BlobValue> renamed = announcement(server, secret, secret);
    renamed.put("info", WELCOME);
    only(
        Changed.class,
        server.onMessage(CLIENT, forged(secret, server.sessionKey(), 2, 2, renamed), now));
    server.accept(session, now);
    renamed.put("info", HELLO);
    server.onMessage(CLIENT, forged(secret, server.sessionKey(), 2, 3, renamed), now);
    assertEquals(WELCOME, peer(server, session).info());
  }

  @Test
  void theServerRemembersSixtyFourClientsAndPrefersThoseThatProveTheSecret() {
    EnrollmentServer open = server(offer());
    EnrollmentServer closed = server(offer().secret(SECRET));
    for (EnrollmentServer server : List.of(open, closed)) {
      for (int i = 0; i < EnrollmentSession.MAX_PEERS; i++) {
        byte[] secret = filled(i + 100, 32);
        Map<String, BlobValue> attributes = announcement(server, secret, secret);
        attributes.remove("secret");
        Enroll message = forged(secret, server.sessionKey(), 2, 0, attributes);
        only(Changed.class, server.onMessage(CLIENT, message, now));
      }
    }
    now += SECOND;
    PublicKey oldest = closed.peers().getFirst().id();
    assertEquals(List.of(), register(open, filled(200, 32), 0));
    assertEquals(1L, open.drops().get(EnrollmentDrop.FULL));
    assertEquals(List.of(), open.onMessage(ELSEWHERE, junk(0, 99), now), "no use in answering");

    assertEquals(1, closed.onMessage(ELSEWHERE, junk(0, 99), now).size());
    only(Changed.class, register(closed, filled(200, 32), 0));
    assertEquals(EnrollmentSession.MAX_PEERS, closed.peers().size());
    assertNotEquals(oldest, closed.peers().getFirst().id());
  }

  @Test
  void strangersCannotKeepASideBusy() {
    EnrollmentServer server = server(offer());
    Enroll discovery = new Enroll(0, junk(0, 1).session(), filled(0, 32), 0, new byte[0]);
    for (int i = 0; i < EnrollmentSession.AGREEMENTS_PER_SECOND; i++) {
      assertEquals(1, server.onMessage(CLIENT, discovery, now).size());
    }
    assertEquals(List.of(), server.onMessage(CLIENT, discovery, now));
    dropped(server, EnrollmentDrop.TOO_MANY, 1);
    now += SECOND;
    assertEquals(1, server.onMessage(CLIENT, discovery, now).size());
  }

  @Test
  void theClientAcceptsOnlyOneServerAndOnlyAConfirmedOne() {
    EnrollmentServer first = server(offer());
    EnrollmentServer second = server(offer());
    EnrollmentClient client = client(request());
    Enroll discovery = discovery(client);
    for (EnrollmentServer server : List.of(first, second)) {
      Enroll offered = sent(server.onMessage(CLIENT, discovery, now));
      server.onMessage(CLIENT, sent(client.onMessage(SERVER, offered, now)), now);
      assertThrows(IllegalStateException.class, () -> client.accept(server.sessionKey(), now));
      client.onMessage(SERVER, sent(server.accept(client.sessionKey(), now)), now);
    }
    assertNotEquals(client.peers().getFirst().hostKey(), client.peers().getLast().hostKey());
    only(Completed.class, client.accept(first.sessionKey(), now));
    assertThrows(IllegalStateException.class, () -> client.accept(second.sessionKey(), now));
    EnrollmentServer third = server(offer());
    Enroll late = sent(third.onMessage(CLIENT, discovery, now));
    assertEquals(List.of(), client.onMessage(SERVER, late, now));
    dropped(client, EnrollmentDrop.WRONG_STATE, 1);
  }

  @Test
  void aConfirmCannotChangeTheAuthKeyNorComeFromAnUnknownServer() {
    byte[] secret = filled(77, 32);
    EnrollmentClient client = client(request());
    PublicKey other = client.sessionKey();
    Map<String, BlobValue> confirm = Map.of("info", WELCOME, "key", text(OTHER_KEY));
    client.onMessage(SERVER, forged(secret, other, 3, 1, confirm), now);
    dropped(client, EnrollmentDrop.UNKNOWN_SESSION, 1);
    client.onMessage(SERVER, forged(secret, other, 1, 0, Map.of("x", HELLO)), now);
    assertEquals(1L, client.drops().get(EnrollmentDrop.INCOMPLETE));
    client.onMessage(SERVER, forged(secret, other, 1, 0, Map.of("info", HELLO)), now);
    client.onMessage(SERVER, forged(secret, other, 3, 1, Map.of("info", HELLO)), now);
    assertEquals(2L, client.drops().get(EnrollmentDrop.INCOMPLETE));
    only(Changed.class, client.onMessage(SERVER, forged(secret, other, 3, 1, confirm), now));
    PublicKey server = PublicKey.of(X25519.publicKey(secret));
    assertEquals(WELCOME, peer(client, server).info());
    Map<String, BlobValue> changed = Map.of("info", HELLO, "key", text(server));
    assertEquals(List.of(), client.onMessage(SERVER, forged(secret, other, 3, 2, changed), now));
    assertEquals(1L, client.drops().get(EnrollmentDrop.CHANGED_KEY));
    assertEquals(Optional.of(AUTH_KEY), peer(client, server).authKey());
  }

  @Test
  void theClientRemembersSixtyFourServers() {
    EnrollmentClient client = client(request());
    for (int i = 0; i < EnrollmentSession.MAX_PEERS + 1; i++) {
      client.onMessage(
          SERVER,
          forged(filled(i + 50, 32), client.sessionKey(), 1, 0, Map.of("info", HELLO)),
          now);
    }
    assertEquals(EnrollmentSession.MAX_PEERS, client.peers().size());
    dropped(client, EnrollmentDrop.FULL, 1);
  }

  @Test
  void aSecretIsNeverPrintedAndGoneWhenDestroyed() {
    EnrollmentSecret secret = EnrollmentSecret.of("hush");
    assertEquals("EnrollmentSecret[redacted]", secret.toString());
    secret.destroy();
    assertTrue(secret.isDestroyed());
    assertThrows(IllegalStateException.class, () -> secret.serverProof(OTHER_KEY));
  }
}
