// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.message;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.weft.peer.PublicKey;
import dev.weft.transport.PacketBuffer;
import java.nio.ByteBuffer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class MessagesProperties {

  private static Arbitrary<Octets> octets(int length) {
    return Arbitraries.bytes().array(byte[].class).ofSize(length).map(Octets::of);
  }

  private static Arbitrary<PublicKey> keys() {
    return octets(32).map(octets -> PublicKey.of(octets.toByteArray()));
  }

  @Provide
  Arbitrary<HandshakeInitiation> initiations() {
    return Combinators.combine(
            Arbitraries.integers(), keys(), octets(48), octets(28), octets(16), octets(16))
        .as(HandshakeInitiation::new);
  }

  @Provide
  Arbitrary<HandshakeResponse> responses() {
    return Combinators.combine(
            Arbitraries.integers(),
            Arbitraries.integers(),
            keys(),
            octets(16),
            octets(16),
            octets(16))
        .as(HandshakeResponse::new);
  }

  @Provide
  Arbitrary<CookieReply> cookieReplies() {
    return Combinators.combine(Arbitraries.integers(), octets(24), octets(32)).as(CookieReply::new);
  }

  @Property(tries = 100)
  void initiationsSurviveTheWire(@ForAll("initiations") HandshakeInitiation message)
      throws MalformedMessageException {
    byte[] encoded = message.toByteArray();
    assertEquals(148, encoded.length);
    assertEquals(message, HandshakeInitiation.decode(ByteBuffer.wrap(encoded)));
    assertEquals(MessageType.HANDSHAKE_INITIATION, MessageType.of(buffer(encoded)));
  }

  @Property(tries = 100)
  void responsesSurviveTheWire(@ForAll("responses") HandshakeResponse message)
      throws MalformedMessageException {
    byte[] encoded = message.toByteArray();
    assertEquals(92, encoded.length);
    assertEquals(message, HandshakeResponse.decode(ByteBuffer.wrap(encoded)));
    assertEquals(MessageType.HANDSHAKE_RESPONSE, MessageType.of(buffer(encoded)));
  }

  @Property(tries = 100)
  void cookieRepliesSurviveTheWire(@ForAll("cookieReplies") CookieReply message)
      throws MalformedMessageException {
    byte[] encoded = message.toByteArray();
    assertEquals(64, encoded.length);
    assertEquals(message, CookieReply.decode(ByteBuffer.wrap(encoded)));
    assertEquals(MessageType.COOKIE_REPLY, MessageType.of(buffer(encoded)));
  }

  /** Any octets, often with a plausible type and length. */
  @Provide
  Arbitrary<byte[]> datagrams() {
    Arbitrary<Integer> length =
        Arbitraries.oneOf(
            Arbitraries.integers().between(0, 200), Arbitraries.of(31, 32, 64, 92, 147, 148));
    Arbitrary<Byte> type = Arbitraries.bytes().between((byte) 0, (byte) 5);
    return Combinators.combine(length, type, Arbitraries.of(false, true))
        .flatAs(
            (size, first, plausible) ->
                Arbitraries.bytes()
                    .array(byte[].class)
                    .ofSize(size)
                    .map(
                        octets -> {
                          if (plausible && octets.length >= 4) {
                            octets[0] = first;
                            octets[1] = octets[2] = octets[3] = 0;
                          }
                          return octets;
                        }));
  }

  @Property(tries = 1000)
  void anyOctetsDecodeOrAreMalformed(@ForAll("datagrams") byte[] octets) {
    MessageType type = MessageType.of(buffer(octets));
    assertEquals(type == MessageType.HANDSHAKE_INITIATION, decodes(octets, 1));
    assertEquals(type == MessageType.HANDSHAKE_RESPONSE, decodes(octets, 2));
    assertEquals(type == MessageType.COOKIE_REPLY, decodes(octets, 3));
  }

  private static boolean decodes(byte[] octets, int type) {
    ByteBuffer source = ByteBuffer.wrap(octets);
    try {
      byte[] again =
          switch (type) {
            case 1 -> HandshakeInitiation.decode(source).toByteArray();
            case 2 -> HandshakeResponse.decode(source).toByteArray();
            default -> CookieReply.decode(source).toByteArray();
          };
      assertArrayEquals(octets, again);
      return true;
    } catch (MalformedMessageException e) {
      return false;
    }
  }

  private static PacketBuffer buffer(byte[] octets) {
    PacketBuffer buffer = PacketBuffer.allocate(5, octets.length);
    buffer.copyFrom(octets, 0, octets.length);
    return buffer;
  }

  @Property(tries = 1000)
  void anyOctetsAreAnIpPacketOfTheirLengthOrNone(@ForAll("packets") byte[] octets) {
    PacketBuffer packet = buffer(octets);
    int total = IpLayout.totalLength(packet);
    assertEquals(true, total >= 0 && total <= octets.length);
    if (total > 0) {
      int version = octets[0] >> 4 & 0xf;
      assertEquals(version == 6, IpLayout.isIpv6(packet));
      assertEquals(true, version == 4 ? total >= 20 : version == 6 && total >= 40);
    }
  }

  @Provide
  Arbitrary<byte[]> packets() {
    return Combinators.combine(
            Arbitraries.bytes().array(byte[].class).ofMinSize(0).ofMaxSize(100),
            Arbitraries.of(0x45, 0x46, 0x4f, 0x41, 0x60, 0x6f, 0x00, 0x75))
        .as(
            (octets, first) -> {
              if (octets.length > 6) {
                octets[0] = first.byteValue();
                octets[2] = 0;
                octets[4] = 0;
              }
              return octets;
            });
  }
}
