// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is expected was observed of wireguard-go 0.0.20220316, unless a test says otherwise. */
final class UapiConversationTest {

  static final String KEY = "a8".repeat(32);
  static final String PEER = "b1" + "07".repeat(31);
  static final String OTHER = "c2" + "07".repeat(31);
  private static final String NONE = "00".repeat(32);

  private final MemoryDevice device = new MemoryDevice();

  @Test
  void anInterfaceWithNothingIsJustTheEnd() {
    assertEquals("errno=0\n\n", get());
  }

  @Test
  void getWritesWhatIsSetInTheOrderOfTheReference() {
    set("private_key=" + KEY, "listen_port=51820", "fwmark=32", "replace_peers=true");
    set(
        "public_key=" + PEER,
        "preshared_key=" + "0123456789abcdef".repeat(4),
        "endpoint=[2001:db8:0:0:1::7]:51821",
        "persistent_keepalive_interval=25",
        "replace_allowed_ips=true",
        "allowed_ip=10.0.0.1/24",
        "allowed_ip=fd00::1/64",
        "protocol_version=1");
    device.count(publicKey(PEER), Instant.ofEpochSecond(1_700_000_000L, 5), 7, 9);
    assertEquals(
        "private_key="
            + "a8".repeat(31)
            + "68\n"
            + "listen_port=51820\nfwmark=32\n"
            + "public_key="
            + PEER
            + "\npreshared_key="
            + "0123456789abcdef".repeat(4)
            + "\nprotocol_version=1\n"
            + "endpoint=[2001:db8::1:0:0:7]:51821\n"
            + "last_handshake_time_sec=1700000000\nlast_handshake_time_nsec=5\n"
            + "tx_bytes=9\nrx_bytes=7\npersistent_keepalive_interval=25\n"
            + "allowed_ip=10.0.0.0/24\nallowed_ip=fd00::/64\nerrno=0\n\n",
        get());
  }

  @Test
  void aPeerOfNothingHasZeros() {
    set("public_key=" + PEER);
    assertEquals(
        "public_key="
            + PEER
            + "\npreshared_key="
            + NONE
            + "\nprotocol_version=1\nlast_handshake_time_sec=0\nlast_handshake_time_nsec=0\n"
            + "tx_bytes=0\nrx_bytes=0\npersistent_keepalive_interval=0\nerrno=0\n\n",
        get());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "private_key=KEY",
        "private_key=" + "A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8A8",
        "private_key=NONE",
        "listen_port=51999",
        "listen_port=0",
        "listen_port=007",
        "fwmark=0",
        "fwmark=4294967295",
        "replace_peers=true",
        "public_key=NONE",
        "public_key=PEER,preshared_key=NONE",
        "public_key=PEER,preshared_key=KEY",
        "public_key=PEER,endpoint=1.2.3.4:5",
        "public_key=PEER,endpoint=1.2.3.4:05",
        "public_key=PEER,endpoint=0.0.0.0:5",
        "public_key=PEER,endpoint=[::1]:5",
        "public_key=PEER,endpoint=[fe80::1%1]:5",
        "public_key=PEER,endpoint=[::ffff:1.2.3.4]:7",
        "public_key=PEER,persistent_keepalive_interval=65535",
        "public_key=PEER,persistent_keepalive_interval=0",
        "public_key=PEER,allowed_ip=0.0.0.0/0",
        "public_key=PEER,allowed_ip=10.0.0.0/024",
        "public_key=PEER,allowed_ip=::ffff:1.2.3.4/128",
        "public_key=PEER,protocol_version=1",
        "public_key=PEER,update_only=true",
        "public_key=PEER,remove=true,allowed_ip=8.8.8.8/32",
        "public_key=PEER,replace_allowed_ips=true",
        "public_key=PEER,public_key=PEER,allowed_ip=1.2.3.4/32"
      })
  void theReferenceTakesThisAndSoDoWe(String lines) {
    assertEquals("errno=0\n\n", set(filled(lines)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "private_key=",
        "private_key=00",
        "private_key=KEY00",
        "private_key=zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "listen_port=70000",
        "listen_port=-1",
        "listen_port=0x10",
        "listen_port=",
        "listen_port= 5",
        "listen_port=+7",
        "fwmark=",
        "fwmark=0x20",
        "fwmark=4294967296",
        "fwmark=99999999999999999999999999999999999999",
        "fwmark=-1",
        "replace_peers=false",
        "replace_peers=",
        "replace_peers=1",
        "foo=bar",
        "=",
        "get=1",
        "public_key=",
        "allowed_ip=1.1.1.1/32",
        "remove=true",
        "protocol_version=1",
        "public_key=PEER,preshared_key=00",
        "public_key=PEER,endpoint=::1:5",
        "public_key=PEER,endpoint=localhost:5",
        "public_key=PEER,endpoint=1.2.3.4",
        "public_key=PEER,endpoint=1.2.3.4:65536",
        "public_key=PEER,endpoint=1.2.3.4:+5",
        "public_key=PEER,endpoint=01.2.3.4:5",
        "public_key=PEER,endpoint=[1.2.3.4]:5",
        "public_key=PEER,endpoint=",
        "public_key=PEER,persistent_keepalive_interval=65536",
        "public_key=PEER,persistent_keepalive_interval=off",
        "public_key=PEER,persistent_keepalive_interval=",
        "public_key=PEER,allowed_ip=",
        "public_key=PEER,allowed_ip=10.0.0.1",
        "public_key=PEER,allowed_ip=10.0.0.1/33",
        "public_key=PEER,allowed_ip=fe80::1%lo/64",
        "public_key=PEER,protocol_version=2",
        "public_key=PEER,protocol_version=",
        "public_key=PEER,replace_allowed_ips=false",
        "public_key=PEER,update_only=false",
        "public_key=PEER,remove=false",
        "public_key=PEER,foo=bar",
        "public_key=PEER,listen_port=4",
        "public_key=PEER,fwmark=4",
        "public_key=PEER,private_key=KEY",
        "public_key=PEER,replace_peers=true"
      })
  void theReferenceRefusesThisAndSoDoWe(String lines) {
    assertEquals("errno=-22\n\n", set(filled(lines)));
    assertEquals(0, device.configuration().peers().size());
  }

  /** wireguard-go takes port 0, to which nothing can be sent. */
  @Test
  void unlikeTheReferenceAnEndpointHasAPort() {
    assertEquals("errno=-22\n\n", set("public_key=" + PEER, "endpoint=1.2.3.4:0"));
  }

  @Test
  void aLineWithoutEqualsSignIsAProtocolError() {
    assertEquals("errno=-71\n\n", set("foo"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"foo=1\n\n", "get=2\n\n", "set=2\n\n", "\n", "", "set=1\r\n\r\n", "get=1"})
  void anUnknownRequestIsNotAnswered(String request) {
    assertEquals("", talk(request));
  }

  @Test
  void whatFollowsGetIsRefused() {
    assertEquals("errno=-22\n\n", talk("get=1\nfoo=bar\n\n"));
  }

  @Test
  void requestsFollowEachOther() {
    assertEquals(
        "errno=0\n\nfwmark=1\nerrno=0\n\nerrno=0\n\nfwmark=2\nerrno=0\n\n",
        talk("set=1\nfwmark=1\n\nget=1\n\nset=1\nfwmark=2\n\nget=1\n\n"));
  }

  /** wireguard-go applies "fwmark=3" of a line that may have been to say 32. */
  @ParameterizedTest
  @ValueSource(strings = {"set=1\nfwmark=3", "set=1\nfwmark=3\n", "get=1\n"})
  void unlikeTheReferenceARequestWithoutEndHasNoEffect(String request) {
    assertEquals("errno=-71\n\n", talk(request));
    assertEquals(0, device.changes());
  }

  @Test
  void afterAnErrorTheRestOfTheRequestIsReadOverAndTheConversationEnds() {
    assertEquals(
        "errno=-22\n\n", talk("set=1\nfoo=bar\nfwmark=7\nget=1\n\nget=1\n\nset=1\nfwmark=8\n\n"));
    assertEquals(0, device.changes());
  }

  /** wireguard-go has fwmark 9 and the prefix then. */
  @Test
  void unlikeTheReferenceASectionWithAWrongLineHasNoEffect() {
    assertEquals("errno=-22\n\n", set("fwmark=9", "foo=bar", "fwmark=10"));
    assertEquals("errno=-22\n\n", set("public_key=" + PEER, "allowed_ip=5.5.5.5/32", "foo=bar"));
    assertEquals("errno=0\n\n", get());
  }

  @Test
  void sectionsBeforeTheWrongOneHold() {
    String answer =
        set("fwmark=9", "public_key=" + PEER, "public_key=" + OTHER, "endpoint=nowhere");
    assertEquals("errno=-22\n\n", answer);
    assertEquals(9, device.configuration().fwmark());
    assertEquals(List.of(publicKey(PEER)), peerKeys());

    assertEquals("errno=-22\n\n", set("fwmark=10", "public_key=00"));
    assertEquals(10, device.configuration().fwmark());
  }

  @Test
  void aRefusedPortIsAnsweredWithTheReasonAndStopsTheRest() {
    set("public_key=" + PEER);
    String answer =
        set(
            "private_key=" + KEY,
            "listen_port=" + MemoryDevice.PORT_IN_USE,
            "replace_peers=true",
            "public_key=" + OTHER);
    assertEquals("errno=-98\n\n", answer);
    assertEquals(Optional.empty(), device.configuration().privateKey());
    assertEquals(List.of(publicKey(PEER)), peerKeys());
  }

  @Test
  void aDeviceThatFailsIsAnInputOutputError() {
    assertEquals("errno=-5\n\n", set("fwmark=" + MemoryDevice.BREAKING_MARK));
  }

  @Test
  void allowedIpsAreAddedUnlessReplaced() {
    set("public_key=" + PEER, "allowed_ip=10.0.0.0/24");
    set("public_key=" + PEER, "allowed_ip=10.0.1.0/24", "allowed_ip=10.0.0.0/24");
    assertEquals(List.of("10.0.0.0/24", "10.0.1.0/24"), prefixes(PEER));
    set("public_key=" + PEER, "replace_allowed_ips=true", "allowed_ip=10.0.2.0/24");
    assertEquals(List.of("10.0.2.0/24"), prefixes(PEER));
    set("public_key=" + PEER, "replace_allowed_ips=true");
    assertEquals(List.of(), prefixes(PEER));
  }

  /** A later form than that of wireguard-go 0.0.20220316, which refuses it. */
  @Test
  void anAllowedIpWithAMinusSignIsRemoved() {
    set("public_key=" + PEER, "allowed_ip=10.0.0.0/24", "allowed_ip=10.0.1.0/24");
    set("public_key=" + OTHER, "allowed_ip=-10.0.1.0/24");
    assertEquals(List.of("10.0.0.0/24", "10.0.1.0/24"), prefixes(PEER));
    set("public_key=" + PEER, "allowed_ip=-10.0.0.0/24", "allowed_ip=-192.0.2.0/24");
    assertEquals(List.of("10.0.1.0/24"), prefixes(PEER));
  }

  @Test
  void anAllowedIpMovesToThePeerThatIsGivenItLast() {
    set("public_key=" + PEER, "allowed_ip=10.0.0.0/24", "public_key=" + OTHER);
    set("public_key=" + OTHER, "allowed_ip=10.0.0.0/24");
    assertEquals(List.of(), prefixes(PEER));
    assertEquals(List.of("10.0.0.0/24"), prefixes(OTHER));
  }

  @Test
  void whatIsNotNamedStays() {
    set(
        "public_key=" + PEER,
        "preshared_key=" + KEY,
        "endpoint=1.2.3.4:5",
        "persistent_keepalive_interval=9",
        "allowed_ip=10.0.0.0/24");
    String before = get();
    set("public_key=" + PEER);
    set("public_key=" + PEER, "update_only=true");
    assertEquals(before, get());

    set("public_key=" + PEER, "preshared_key=" + NONE, "persistent_keepalive_interval=0");
    assertEquals(before.replace(KEY, NONE).replace("interval=9", "interval=0"), get());
  }

  @ParameterizedTest
  @CsvSource({
    "'update_only=true','allowed_ip=9.9.9.9/32'",
    "'allowed_ip=9.9.9.9/32','update_only=true'"
  })
  void updateOnlyCreatesNoPeer(String first, String second) {
    assertEquals("errno=0\n\n", set("public_key=" + PEER, first, second));
    assertEquals(List.of(), peerKeys());
  }

  @Test
  void peersAreRemovedOneByOneAndAllAtOnce() {
    set("public_key=" + PEER, "public_key=" + OTHER);
    set("public_key=" + PEER, "remove=true");
    assertEquals(List.of(publicKey(OTHER)), peerKeys());
    set("replace_peers=true", "public_key=" + PEER);
    assertEquals(List.of(publicKey(PEER)), peerKeys());
  }

  @Test
  void theInterfaceIsNoPeerOfItself() {
    String own = hex(PrivateKey.of(HexFormat.of().parseHex(KEY)).publicKey());
    assertEquals(
        "errno=0\n\n",
        set(
            "private_key=" + KEY,
            "public_key=" + own,
            "allowed_ip=1.2.3.4/32",
            "public_key=" + PEER));
    assertEquals(List.of(publicKey(PEER)), peerKeys());
    set("public_key=" + own);
    assertEquals(List.of(publicKey(PEER)), peerKeys());
  }

  @Test
  void aPeerThatTheInterfaceBecomesIsRemoved() {
    String own = hex(PrivateKey.of(HexFormat.of().parseHex(KEY)).publicKey());
    set("public_key=" + own, "public_key=" + PEER);
    assertEquals(2, peerKeys().size());
    set("private_key=" + KEY);
    assertEquals(List.of(publicKey(PEER)), peerKeys());
  }

  @Test
  void aKeyOfZerosIsNoKey() {
    set("private_key=" + KEY);
    assertTrue(device.configuration().privateKey().isPresent());
    set("private_key=" + NONE);
    assertFalse(device.configuration().privateKey().isPresent());
  }

  @Test
  void longLinesAreRefusedWithoutBeingKept() {
    String longest = "x=" + "y".repeat(UapiConversation.MAX_LINE_OCTETS - 2);
    assertEquals("errno=-22\n\n", set(longest));
    assertEquals("errno=-7\n\n", set(longest + "y"));
    assertEquals("errno=-7\n\n", set("listen_port=" + "0".repeat(1 << 20)));
    assertEquals("", talk("get=1".repeat(2000)));
    assertEquals("errno=-7\n\n", talk("get=1\n" + "y".repeat(5000) + "\n\n"));
  }

  @Test
  void anEndlessRequestIsRefused() {
    UapiConversation conversation = new UapiConversation(device);
    StringBuilder answer = new StringBuilder();
    send(conversation, "set=1\n", answer);
    byte[] section = ("public_key=" + PEER + "\n").getBytes(StandardCharsets.US_ASCII);
    byte[] many = new byte[section.length * 1000];
    for (int i = 0; i < many.length; i++) {
      many[i] = section[i % section.length];
    }
    long sent = 0;
    while (answer.isEmpty() && sent < 3L * UapiConversation.MAX_REQUEST_OCTETS) {
      send(conversation, new String(many, StandardCharsets.US_ASCII), answer);
      sent += many.length;
    }
    assertEquals("errno=-7\n\n", answer.toString());
    assertTrue(conversation.isOver());
    assertTrue(sent < UapiConversation.MAX_REQUEST_OCTETS + 2L * many.length);
  }

  @Test
  void aPeerMayHaveSoManyAllowedIpsAndNoMore() {
    String[] lines = new String[PeerSection.MAX_ALLOWED_IPS + 2];
    Arrays.fill(lines, "allowed_ip=1.2.3.4/32");
    lines[0] = "public_key=" + PEER;
    assertEquals("errno=-7\n\n", set(lines));
    assertEquals(List.of(), peerKeys());
    assertEquals("errno=0\n\n", set(Arrays.copyOf(lines, lines.length - 1)));
    assertEquals(List.of("1.2.3.4/32"), prefixes(PEER));
  }

  @Test
  void aLargeConfigurationLeavesInPieces() {
    StringBuilder lines = new StringBuilder("set=1\n");
    for (int i = 0; i < 3000; i++) {
      lines.append("public_key=").append("%064x".formatted(i + 1)).append('\n');
      lines.append("allowed_ip=10.%d.%d.0/24%n".formatted(i >> 8, i & 0xff));
    }
    assertEquals("errno=0\n\n", talk(lines + "\n"));
    String text = get();
    assertEquals(3000, text.lines().filter(line -> line.startsWith("public_key=")).count());
    assertTrue(text.endsWith("allowed_ip=10.11.183.0/24\nerrno=0\n\n"));
  }

  private String get() {
    return talk("get=1\n\n");
  }

  private String set(String... lines) {
    return talk("set=1\n" + String.join("\n", lines) + "\n\n");
  }

  private String talk(String request) {
    UapiConversation conversation = new UapiConversation(device);
    StringBuilder answer = new StringBuilder();
    send(conversation, request, answer);
    conversation.endOfInput();
    take(conversation, answer);
    assertTrue(conversation.isOver());
    return answer.toString();
  }

  private static void send(UapiConversation conversation, String request, StringBuilder answer) {
    ByteBuffer input = ByteBuffer.wrap(request.getBytes(StandardCharsets.ISO_8859_1));
    while (input.hasRemaining()) {
      conversation.receive(input);
      take(conversation, answer);
    }
  }

  private static void take(UapiConversation conversation, StringBuilder answer) {
    byte[] octets = new byte[100];
    while (conversation.hasOutput()) {
      ByteBuffer output = ByteBuffer.wrap(octets);
      conversation.takeOutput(output);
      answer.append(new String(octets, 0, output.position(), StandardCharsets.US_ASCII));
    }
  }

  private static String[] filled(String lines) {
    return lines.replace("KEY", KEY).replace("PEER", PEER).replace("NONE", NONE).split(",", -1);
  }

  private List<PublicKey> peerKeys() {
    return device.configuration().peers().stream().map(PeerConfiguration::publicKey).toList();
  }

  private List<String> prefixes(String peer) {
    return device.peer(publicKey(peer)).orElseThrow().allowedIps().stream()
        .map(Object::toString)
        .toList();
  }

  private static PublicKey publicKey(String hex) {
    return PublicKey.of(HexFormat.of().parseHex(hex));
  }

  private static String hex(PublicKey key) {
    return HexFormat.of().formatHex(key.octets());
  }
}
