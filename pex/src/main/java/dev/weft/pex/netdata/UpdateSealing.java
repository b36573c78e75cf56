// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.netdata;

import dev.weft.crypto.ChaCha20;
import dev.weft.crypto.Secrets;
import dev.weft.crypto.X25519;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.Chunk;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import dev.weft.spi.RandomSource;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Encrypts signed network data for one requester and cuts them into messages, and the reverse. The
 * key is agreed on between an ephemeral key and the requester's host key, the nonce is the request
 * id, and there is no MAC: what is decrypted is only worth something once its signature was
 * verified. Stateless and thread-safe. Source: PEX §8.4.
 *
 * @since 0.1.0
 */
public final class UpdateSealing {

  /**
   * Which messages the data are cut for. All but the last are filled to 1024 octets.
   *
   * @param first octets of the chunk in UPDATE_RESPONSE
   * @param next octets of the chunk in each UPDATE_RESPONSE_DATA
   */
  public record ChunkSizes(int first, int next) {
    /** In the tunnel: 964 and 996 octets. */
    public static final ChunkSizes IN_TUNNEL =
        new ChunkSizes(UpdateResponse.MAX_CHUNK_IN_TUNNEL, UpdateResponseData.MAX_CHUNK_IN_TUNNEL);

    /** Outside of the tunnel: 948 and 980 octets. */
    public static final ChunkSizes EXTERNAL =
        new ChunkSizes(UpdateResponse.MAX_CHUNK_EXTERNAL, UpdateResponseData.MAX_CHUNK_EXTERNAL);
  }

  private UpdateSealing() {}

  /**
   * Encrypts data for a requester.
   *
   * @param requestId of the request
   * @param requester the public host key of who asked, taken from network data, not from a message
   * @param random for the ephemeral key
   * @return one UPDATE_RESPONSE and the UPDATE_RESPONSE_DATA that follow it, in order
   */
  public static List<PexMessage> seal(
      SignedNetworkData data,
      long requestId,
      PublicKey requester,
      RandomSource random,
      ChunkSizes sizes) {
    byte[] ephemeral = Secrets.generate(random);
    byte[] blob = data.octets();
    PublicKey ephemeralKey;
    try {
      ephemeralKey = PublicKey.of(X25519.publicKey(ephemeral));
      crypt(ephemeral, requester, requestId, blob);
    } finally {
      Secrets.erase(ephemeral);
    }
    List<PexMessage> messages = new ArrayList<>();
    int offset = Math.min(sizes.first(), blob.length);
    messages.add(
        new UpdateResponse(requestId, blob.length, ephemeralKey, Chunk.of(blob, 0, offset)));
    while (offset < blob.length) {
      int length = Math.min(sizes.next(), blob.length - offset);
      messages.add(new UpdateResponseData(requestId, offset, Chunk.of(blob, offset, length)));
      offset += length;
    }
    return messages;
  }

  /**
   * Decrypts what was received for a request, in place.
   *
   * @param requester the private host key of who asked
   * @param ephemeralKey of the UPDATE_RESPONSE
   * @param requestId of the request
   * @param blob all chunks
   */
  public static void open(
      PrivateKey requester, PublicKey ephemeralKey, long requestId, byte[] blob) {
    byte[] secret = requester.octets();
    try {
      crypt(secret, ephemeralKey, requestId, blob);
    } finally {
      Secrets.erase(secret);
    }
  }

  /** Low-order points are not refused: the signature inside is what counts. PEX §20. */
  private static void crypt(byte[] secret, PublicKey other, long requestId, byte[] blob) {
    byte[] key = X25519.multiply(secret, other.octets());
    try {
      ChaCha20.xor(key, ByteBuffer.allocate(Long.BYTES).putLong(requestId).array(), blob);
    } finally {
      Secrets.erase(key);
    }
  }
}
