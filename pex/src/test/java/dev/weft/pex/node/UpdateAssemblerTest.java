// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.pex.message.Chunk;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The bounds of what datagrams outside of the tunnel can make it hold. */
final class UpdateAssemblerTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long NOW = 77 * SECOND;
  private static final int CHUNK = 16_000;

  private final PexCounters counters = new PexCounters();
  private final UpdateAssembler assembler =
      new UpdateAssembler(ExchangeNode.AP1, new ScriptedRandom(2), counters);

  private Optional<UpdateRequest> open(int number, boolean loose) {
    InetAddress address = InetAddress.ofLiteral("10.0.0." + number % 256);
    return assembler.open(new PexPath.External(new Endpoint(address, 1 + number)), 0, loose, NOW);
  }

  @Test
  void looseRequestsAreLimitedAndOthersAreNot() {
    for (int i = 0; i < 500; i++) {
      assertEquals(i < UpdateAssembler.MAX_LOOSE, open(i, true).isPresent());
    }
    assertTrue(open(1000, false).isPresent());
    assembler.removeOver(NOW + 4 * SECOND - 1);
    assertEquals(UpdateAssembler.MAX_LOOSE + 1, assembler.size());
    assertEquals(OptionalLong.of(NOW + 4 * SECOND), assembler.nextDeadlineNanos());
    assembler.removeOver(NOW + 4 * SECOND);
    assertEquals(0, assembler.size());
    assertEquals(OptionalLong.empty(), assembler.nextDeadlineNanos());
    assertTrue(open(0, true).isPresent());
  }

  @Test
  void whatLooseRequestsHoldIsLimitedTogether() {
    List<UpdateRequest> requests = new ArrayList<>();
    for (int i = 0; i < UpdateAssembler.MAX_LOOSE; i++) {
      requests.add(open(i, true).orElseThrow());
    }
    int most = 0;
    for (UpdateRequest request : requests) {
      assembler.onResponse(
          new UpdateResponse(
              request.requestId(),
              SignedNetworkData.MAX_OCTETS,
              ExchangeNode.AP2.publicKey(),
              Chunk.of(new byte[0])),
          NOW);
      for (int offset = 0; offset < 8 * CHUNK; offset += CHUNK) {
        assembler.onData(
            new UpdateResponseData(request.requestId(), offset, Chunk.of(new byte[CHUNK])), NOW);
        most = Math.max(most, assembler.looseOctets());
      }
    }
    assertTrue(most <= UpdateAssembler.MAX_LOOSE_OCTETS);
    assertTrue(most > UpdateAssembler.MAX_LOOSE_OCTETS - CHUNK);
    assembler.removeOver(NOW + 5 * SECOND);
    assertEquals(0, assembler.looseOctets());
  }

  @Test
  void completeDataAreNoLongerHeld() {
    UpdateRequest request = open(1, true).orElseThrow();
    UpdateResponse all =
        new UpdateResponse(
            request.requestId(), 7, ExchangeNode.AP2.publicKey(), Chunk.of(new byte[7]));
    assertEquals(7, assembler.onResponse(all, NOW).orElseThrow().data().length);
    assertEquals(0, assembler.looseOctets());
    assertEquals(0, assembler.size());
  }
}
