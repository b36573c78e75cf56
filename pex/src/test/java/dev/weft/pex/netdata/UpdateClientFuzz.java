// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.netdata;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.weft.crypto.Ed25519;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PrivateKey;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponseNoData;
import dev.weft.pex.message.UpdateResponseRefused;
import dev.weft.pex.netdata.UpdateSealing.ChunkSizes;
import dev.weft.spi.RandomSource;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a hostile node sends to a download and to an upload: a list of datagrams, each behind two
 * octets of length.
 */
final class UpdateClientFuzz {

  /** All random numbers are of this octet, so that seeds can name the request id. */
  private static final byte RANDOM = 7;

  private static final long REQUEST_ID = 0x0707070707070707L;
  private static final byte[] SEED = new byte[32];
  private static final AuthKey AUTH_KEY = AuthKey.of(Ed25519.publicKey(SEED));
  private static final PrivateKey HOST = PrivateKey.of(new byte[32]);
  private static final SignedNetworkData DATA =
      SignedNetworkData.sign(
          SEED,
          5,
          "{\"hosts\":{\"a\":{\"key\":\""
              + HOST.publicKey()
              + "\"}},\"x\":\""
              + "x".repeat(2000)
              + "\"}");

  /** Encrypting takes long, and the most that one upload encrypts is 32 times. */
  private static final int MAX_DATAGRAMS = 64;

  private static final class Constant implements RandomSource {
    @Override
    public void nextBytes(byte[] target) {
      Arrays.fill(target, RANDOM);
    }

    @Override
    public int nextInt(int bound) {
      return 0;
    }
  }

  static Stream<byte[]> seeds() {
    List<PexMessage> answer =
        UpdateSealing.seal(DATA, REQUEST_ID, HOST.publicKey(), new Constant(), ChunkSizes.EXTERNAL);
    List<PexMessage> twice = new ArrayList<>(answer);
    twice.addAll(answer);
    return Stream.of(
            answer,
            twice.reversed(),
            List.<PexMessage>of(new UpdateRequest(1, 0), new UpdateRequest(2, 4)),
            List.<PexMessage>of(new UpdateResponseRefused(REQUEST_ID, 5)),
            List.<PexMessage>of(new UpdateResponseNoData(REQUEST_ID, 6)))
        .map(UpdateClientFuzz::octets);
  }

  private static byte[] octets(List<PexMessage> messages) {
    ByteBuffer octets = ByteBuffer.allocate(100_000);
    for (PexMessage message : messages) {
      ByteBuffer datagram =
          ExternalCodec.encode(
              new ExternalDatagram(HOST.publicKey().peerId(), 1, message), AUTH_KEY);
      octets.putShort((short) datagram.remaining()).put(datagram);
    }
    byte[] all = new byte[octets.flip().remaining()];
    octets.get(all);
    return all;
  }

  @MethodSource("seeds")
  @FuzzTest
  void endsOrGoesOn(byte[] octets) {
    UpdateDownload download = new UpdateDownload(HOST, AUTH_KEY, new Constant());
    UpdateUpload upload = new UpdateUpload(DATA, new Constant());
    assertEquals(1, download.attempt().size());
    assertEquals(1, upload.attempt().size());
    int perAnswer = 2 + DATA.length() / 900;
    ByteBuffer input = ByteBuffer.wrap(octets);
    for (int i = 0; i < MAX_DATAGRAMS && input.remaining() >= 2; i++) {
      int length = Math.min(Short.toUnsignedInt(input.getShort()), input.remaining());
      ByteBuffer datagram = input.slice(input.position(), length);
      input.position(input.position() + length);
      assertEquals(List.of(), download.onDatagram(datagram.duplicate()));
      assertTrue(upload.onDatagram(datagram.duplicate()).size() <= perAnswer);
      assertEquals(length, datagram.remaining());
    }
    download
        .outcome()
        .ifPresent(
            outcome -> {
              if (outcome instanceof UpdateOutcome.Downloaded(SignedNetworkData data)) {
                assertEquals(AUTH_KEY, data.authKey());
              }
            });
    assertTrue(upload.attempt().size() <= perAnswer);
  }
}
