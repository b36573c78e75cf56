// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.crypto.ChaCha20;
import dev.weft.crypto.X25519;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.Chunk;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import dev.weft.pex.message.UpdateResponseNoData;
import dev.weft.pex.message.UpdateResponseRefused;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Transfers of network data, read with the requester's key. PEX §8.4. */
final class Transfers {

  private static final class Transfer {
    private final byte[] key;
    private final byte[] plain;
    private int received;

    Transfer(byte[] key, int length) {
      this.key = key;
      plain = new byte[length];
    }
  }

  private final Map<Long, Transfer> transfers = new TreeMap<>();

  /** Decrypts what a message carries, if it carries data. */
  void read(PexMessage message, PrivateKey requester) {
    switch (message) {
      case UpdateResponse start -> {
        Transfer transfer = new Transfer(key(requester, start.ephemeralKey()), start.dataLength());
        transfers.put(start.requestId(), transfer);
        take(transfer, start.requestId(), 0, start.chunk());
      }
      case UpdateResponseData more ->
          take(started(more.requestId()), more.requestId(), more.offset(), more.chunk());
      default -> {}
    }
  }

  private Transfer started(long id) {
    return Objects.requireNonNull(transfers.get(id), "data before their start");
  }

  private static void take(Transfer transfer, long id, int offset, Chunk chunk) {
    if (offset != transfer.received) {
      throw new AssertionError("a chunk from " + offset + " after " + transfer.received);
    }
    byte[] plain = xor(transfer.key, id, offset, octets(chunk));
    System.arraycopy(plain, 0, transfer.plain, offset, plain.length);
    transfer.received += plain.length;
  }

  /** What was transferred in answer to each request; empty where something is missing. */
  Map<Long, byte[]> complete() {
    Map<Long, byte[]> all = new TreeMap<>();
    transfers.forEach(
        (id, transfer) ->
            all.put(id, transfer.received == transfer.plain.length ? transfer.plain : new byte[0]));
    return all;
  }

  /** The same answer to a request with another id, which is the nonce of the data. */
  PexMessage readdress(PexMessage message, long id, PrivateKey requester) {
    return switch (message) {
      case UpdateResponse start -> {
        byte[] key = key(requester, start.ephemeralKey());
        byte[] plain = xor(key, start.requestId(), 0, octets(start.chunk()));
        transfers.put(start.requestId(), new Transfer(key, start.dataLength()));
        yield new UpdateResponse(
            id, start.dataLength(), start.ephemeralKey(), Chunk.of(xor(key, id, 0, plain)));
      }
      case UpdateResponseData more -> {
        byte[] key = started(more.requestId()).key;
        byte[] plain = xor(key, more.requestId(), more.offset(), octets(more.chunk()));
        yield new UpdateResponseData(
            id, more.offset(), Chunk.of(xor(key, id, more.offset(), plain)));
      }
      case UpdateResponseNoData none -> new UpdateResponseNoData(id, none.version());
      case UpdateResponseRefused refused -> new UpdateResponseRefused(id, refused.version());
      default -> throw new IllegalArgumentException("no answer: " + message);
    };
  }

  private static byte[] octets(Chunk chunk) {
    byte[] octets = new byte[chunk.length()];
    chunk.copyTo(octets, 0);
    return octets;
  }

  private static byte[] key(PrivateKey requester, PublicKey ephemeral) {
    return X25519.multiply(requester.octets(), ephemeral.octets());
  }

  private static byte[] xor(byte[] key, long id, int offset, byte[] chunk) {
    byte[] data = new byte[offset + chunk.length];
    System.arraycopy(chunk, 0, data, offset, chunk.length);
    ChaCha20.xor(key, ByteBuffer.allocate(Long.BYTES).putLong(id).array(), data);
    return Arrays.copyOfRange(data, offset, data.length);
  }
}
