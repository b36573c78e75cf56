// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.AuthKey;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

final class ExternalCodecProperties {

  @Property
  void decodingWhatWasEncodedGivesTheSame(
      @ForAll("datagrams") ExternalDatagram datagram, @ForAll("keys") AuthKey key)
      throws MalformedMessageException {
    ByteBuffer octets = ExternalCodec.encode(datagram, key);
    assertEquals(datagram.octets(), octets.remaining());
    assertTrue(octets.remaining() <= ExternalCodec.MAX_SENT);
    assertEquals(OptionalLong.of(key.id()), ExternalCodec.authId(octets));
    assertEquals(datagram, ExternalCodec.decode(octets, key));
  }

  @Property
  void anyOctetsAreAMessageOrMalformed(
      @ForAll @Size(max = 1100) byte[] octets, @ForAll("keys") AuthKey key) {
    decodeAnything(octets, key);
  }

  @Property
  void anyOctetsBehindAHeaderAreAMessageOrMalformed(
      @ForAll @Size(min = 28, max = 1100) byte[] octets, @ForAll("keys") AuthKey key) {
    octets[0] = 0;
    octets[1] = (byte) (octets[1] & 0xf);
    octets[2] = (byte) (octets[2] & 3);
    decodeAnything(octets, key);
  }

  private static void decodeAnything(byte[] octets, AuthKey key) {
    try {
      ExternalDatagram datagram = ExternalCodec.decode(ByteBuffer.wrap(octets), key);
      if (datagram.octets() <= ExternalCodec.MAX_SENT) {
        assertEquals(datagram, ExternalCodec.decode(ExternalCodec.encode(datagram, key), key));
      }
    } catch (MalformedMessageException e) {
      assertTrue(e.offset() >= 0 && e.offset() <= octets.length);
    }
    try {
      Enroll enroll = ExternalCodec.decodeEnroll(ByteBuffer.wrap(octets));
      assertTrue(ExternalCodec.isEnroll(ByteBuffer.wrap(octets)));
      assertEquals(enroll, ExternalCodec.decodeEnroll(ExternalCodec.encode(enroll)));
    } catch (MalformedMessageException e) {
      assertTrue(e.offset() >= 0 && e.offset() <= octets.length);
    }
  }

  @Provide
  Arbitrary<ExternalDatagram> datagrams() {
    Arbitrary<PexMessage> messages =
        Arbitraries.oneOf(
            PexCodecProperties.updates(
                UpdateResponse.MAX_CHUNK_EXTERNAL, UpdateResponseData.MAX_CHUNK_EXTERNAL),
            Arbitraries.just(new EndpointNotify()),
            Arbitraries.integers().between(0, 65535).map(EndpointPortNotify::new));
    return Combinators.combine(PexCodecProperties.ids(), Arbitraries.longs(), messages)
        .as(ExternalDatagram::new);
  }

  @Provide
  Arbitrary<AuthKey> keys() {
    return Arbitraries.bytes().array(byte[].class).ofSize(AuthKey.LENGTH).map(AuthKey::of);
  }
}
