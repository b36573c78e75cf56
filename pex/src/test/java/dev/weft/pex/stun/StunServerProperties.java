// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.pex.stun.StunMessage.BindingRequest;
import dev.weft.pex.stun.StunServer.Limits;
import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalInt;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

final class StunServerProperties {

  private static final Endpoint SOURCE = Endpoint.parse("[2001:db8::9]:4001");

  @Property
  void anAnswerGoesToTheAskingAddressAndHardlyGrows(
      @ForAll @IntRange(max = 65535) int port,
      @ForAll boolean redirected,
      @ForAll boolean fingerprint,
      @ForAll @Size(max = 8) List<@IntRange(min = 0x7000, max = 0x7fff) Integer> unknown,
      @ForAll("sources") Endpoint source) {
    OptionalInt responsePort = redirected ? OptionalInt.of(port) : OptionalInt.empty();
    ByteBuffer request =
        new BindingRequest(new TransactionId(1, 2), responsePort, unknown, fingerprint).encode();
    new StunServer(Limits.DEFAULT)
        .answer(request, source, 0)
        .ifPresent(
            answer -> {
              assertEquals(source.address(), answer.destination().address());
              assertTrue(answer.destination().port() != 0);
              int growth = answer.datagram().remaining() - request.remaining();
              assertTrue(growth <= StunServer.MAX_GROWTH, "grows by " + growth);
              assertTrue(answer.datagram().remaining() * 10 <= request.remaining() * 22);
              assertTrue(StunMessage.isResponse(answer.datagram()));
            });
  }

  @Provide
  Arbitrary<Endpoint> sources() {
    return StunMessageProperties.endpoints();
  }

  @Property
  void overAnyTimeNoMoreIsAnsweredThanTheBucketHolds(
      @ForAll @Size(max = 60) List<@LongRange(max = 2_000_000_000L) Long> pauses,
      @ForAll @LongRange(min = Long.MIN_VALUE, max = Long.MAX_VALUE) long start) {
    TokenBuckets buckets = new TokenBuckets(1_000_000_000, 3, 10);
    long elapsed = 0;
    double tokens = 3;
    for (long pause : pauses) {
      elapsed += pause;
      tokens = Math.min(3, tokens + pause / 1e9);
      boolean expected = tokens >= 1 - 1e-6;
      boolean taken = buckets.take(SOURCE.address(), start + elapsed);
      if (Math.abs(tokens - 1) > 1e-6) {
        assertEquals(expected, taken);
      }
      tokens -= taken ? 1 : 0;
    }
  }
}
