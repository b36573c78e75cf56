// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.pex.stun.StunMessage.BindingError;
import dev.weft.pex.stun.StunMessage.BindingRequest;
import dev.weft.pex.stun.StunMessage.BindingSuccess;
import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.util.OptionalInt;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class StunMessageProperties {

  @Property
  void decodingWhatWasEncodedGivesTheSame(@ForAll("messages") StunMessage message)
      throws MalformedStunException {
    ByteBuffer octets = message.encode();
    assertEquals(message, StunMessage.decode(octets));
    boolean request = message instanceof BindingRequest;
    assertEquals(request, StunMessage.isRequest(octets));
    assertEquals(!request, StunMessage.isResponse(octets));
  }

  @Property
  void noChangedBitIsCoveredByAFingerprint(
      @ForAll("messages") StunMessage message, @ForAll @IntRange(max = 10_000) int bit) {
    StunMessage fingerprinted =
        switch (message) {
          case BindingRequest it ->
              new BindingRequest(it.transaction(), it.responsePort(), it.unknownAttributes(), true);
          case BindingSuccess it ->
              new BindingSuccess(it.transaction(), it.xorMappedAddress(), it.mappedAddress(), true);
          case BindingError it ->
              new BindingError(it.transaction(), it.code(), it.unknownAttributes(), true);
        };
    ByteBuffer octets = fingerprinted.encode();
    int at = bit % (octets.remaining() * 8);
    octets.put(at / 8, (byte) (octets.get(at / 8) ^ 1 << at % 8));
    try {
      // An attribute before it can grow over the fingerprint, or its own type can change.
      assertFalse(StunMessage.decode(octets).fingerprint());
    } catch (MalformedStunException e) {
      assertTrue(e.offset() < octets.limit());
    }
  }

  @Property
  void anyOctetsAreAMessageOrMalformed(@ForAll @Size(max = 1300) byte[] octets) {
    decodeAnything(octets);
  }

  @Property
  void anyOctetsBehindAHeaderAreAMessageOrMalformed(
      @ForAll @Size(min = 5, max = 80) byte[] words, @ForAll @IntRange(max = 2) int type) {
    byte[] octets = new byte[words.length * 4];
    ByteBuffer target = ByteBuffer.wrap(octets);
    for (byte word : words) {
      target.put(new byte[] {(byte) (word >> 7), word, 0, (byte) (word & 0x1f)});
    }
    target.putShort(0, (short) new int[] {1, 0x101, 0x111}[type]);
    target.putShort(2, (short) (octets.length - StunMessage.HEADER_LENGTH));
    target.putInt(4, StunReader.MAGIC_COOKIE);
    decodeAnything(octets);
  }

  private static void decodeAnything(byte[] octets) {
    try {
      StunMessage message = StunMessage.decode(ByteBuffer.wrap(octets));
      assertEquals(message, StunMessage.decode(message.encode()));
    } catch (MalformedStunException e) {
      assertTrue(e.offset() >= 0 && e.offset() <= octets.length);
    }
  }

  @Provide
  Arbitrary<StunMessage> messages() {
    Arbitrary<Boolean> flags = Arbitraries.of(true, false);
    Arbitrary<Integer> unknown = Arbitraries.integers().between(0x7000, 0x7fff);
    Arbitrary<OptionalInt> ports =
        Arbitraries.integers()
            .between(0, 65535)
            .optional()
            .map(port -> port.map(OptionalInt::of).orElseGet(OptionalInt::empty));
    return Arbitraries.oneOf(
        Combinators.combine(
                transactions(), ports, unknown.list().uniqueElements().ofMaxSize(8), flags)
            .as(BindingRequest::new),
        Combinators.combine(transactions(), endpoints().optional(), endpoints().optional(), flags)
            .as(BindingSuccess::new),
        Combinators.combine(
                transactions(),
                Arbitraries.integers().between(300, 699),
                unknown.list().ofMaxSize(8),
                flags)
            .as(BindingError::new));
  }

  private static Arbitrary<TransactionId> transactions() {
    return Combinators.combine(Arbitraries.integers(), Arbitraries.longs()).as(TransactionId::new);
  }

  static Arbitrary<Endpoint> endpoints() {
    Arbitrary<byte[]> octets =
        Arbitraries.of(4, 16)
            .flatMap(length -> Arbitraries.bytes().array(byte[].class).ofSize(length));
    return Combinators.combine(
            octets.map(StunWriter::inetAddress), Arbitraries.integers().between(0, 65535))
        .as(Endpoint::new);
  }
}
