// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.PeerId;
import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

final class PexCodecProperties {

  @Property
  void decodingWhatWasEncodedGivesTheSame(@ForAll("datagrams") PexDatagram datagram)
      throws MalformedMessageException {
    ByteBuffer octets = PexCodec.encode(datagram);
    assertTrue(octets.remaining() <= PexCodec.MAX_LENGTH);
    assertEquals(datagram, PexCodec.decode(octets));
  }

  @Property
  void anyOctetsAreAMessageOrMalformed(@ForAll @Size(max = 1100) byte[] octets) {
    decodeAnything(octets);
  }

  @Property
  void anyOctetsBehindAHeaderAreAMessageOrMalformed(
      @ForAll @Size(min = 12, max = 1100) byte[] octets) {
    octets[0] = 0;
    octets[1] = (byte) (octets[1] & 0xf);
    octets[2] = (byte) (octets[2] & 3);
    decodeAnything(octets);
  }

  private static void decodeAnything(byte[] octets) {
    try {
      PexDatagram datagram = PexCodec.decode(ByteBuffer.wrap(octets));
      // What was understood can be sent again and is understood again.
      assertEquals(datagram, PexCodec.decode(PexCodec.encode(datagram)));
    } catch (MalformedMessageException e) {
      assertTrue(e.offset() >= 0 && e.offset() <= octets.length);
    }
  }

  @Provide
  Arbitrary<PexDatagram> datagrams() {
    Arbitrary<PexMessage> messages =
        Arbitraries.oneOf(
            addresses().map(Hello::new),
            entries().list().ofMaxSize(NotifyPeers.MAX_PEERS).map(NotifyPeers::new),
            ids().list().ofMaxSize(Query.MAX_PEERS).map(Query::new),
            Arbitraries.just(new Ping()),
            Arbitraries.just(new Pong()),
            updates(UpdateResponse.MAX_CHUNK_IN_TUNNEL, UpdateResponseData.MAX_CHUNK_IN_TUNNEL));
    return Combinators.combine(ids(), messages).as(PexDatagram::new);
  }

  /** Messages about network data, with chunks up to these lengths. */
  static Arbitrary<PexMessage> updates(int firstChunk, int chunk) {
    Arbitrary<Long> longs = Arbitraries.longs();
    Arbitrary<PublicKey> keys =
        Arbitraries.bytes().array(byte[].class).ofSize(PublicKey.LENGTH).map(PublicKey::of);
    return Arbitraries.oneOf(
        Combinators.combine(longs, longs).as(UpdateRequest::new),
        Combinators.combine(longs, Arbitraries.integers(), keys, chunks(0, firstChunk))
            .as(UpdateResponse::new),
        Combinators.combine(longs, Arbitraries.integers(), chunks(1, chunk))
            .as(UpdateResponseData::new),
        Combinators.combine(longs, longs).as(UpdateResponseNoData::new),
        Combinators.combine(longs, longs).as(UpdateResponseRefused::new));
  }

  private static Arbitrary<Chunk> chunks(int min, int max) {
    return Arbitraries.bytes().array(byte[].class).ofMinSize(min).ofMaxSize(max).map(Chunk::of);
  }

  static Arbitrary<PeerId> ids() {
    return Arbitraries.longs().map(PeerId::new);
  }

  private static Arbitrary<PeerEndpoint> entries() {
    return Combinators.combine(
            ids(),
            Arbitraries.of(true, false),
            addresses(),
            Arbitraries.integers().between(0, 65535))
        .as((id, local, address, port) -> new PeerEndpoint(id, local, new Endpoint(address, port)));
  }

  private static Arbitrary<InetAddress> addresses() {
    return Arbitraries.oneOf(octets(4), octets(16));
  }

  private static Arbitrary<InetAddress> octets(int length) {
    return Arbitraries.bytes()
        .array(byte[].class)
        .ofSize(length)
        .map(
            octets -> {
              try {
                return InetAddress.getByAddress(octets);
              } catch (UnknownHostException e) {
                throw new AssertionError(e);
              }
            });
  }
}
