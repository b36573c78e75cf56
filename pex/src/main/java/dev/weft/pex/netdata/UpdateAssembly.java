// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.netdata;

import dev.weft.peer.PublicKey;
import dev.weft.pex.message.Chunk;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of one answer, in the order in which they have to come: one that is not next is
 * ignored, so that a repeated transfer fills the gaps of the first. Not thread-safe. Source: PEX
 * §8.5.
 */
final class UpdateAssembly {

  /** What a message did. */
  enum Progress {
    /** Nothing: it is not the next one. */
    IGNORED,
    /** It is kept; more is needed. */
    KEPT,
    /** All octets are there. */
    COMPLETE,
    /** The answer contradicts itself and cannot be completed. */
    BROKEN
  }

  private byte @Nullable [] blob;
  private @Nullable PublicKey ephemeralKey;
  private int received;

  Progress onResponse(UpdateResponse response) {
    int length = response.dataLength();
    if (blob != null || length <= 0 || length > SignedNetworkData.MAX_OCTETS) {
      return Progress.IGNORED;
    }
    blob = new byte[length];
    ephemeralKey = response.ephemeralKey();
    return append(blob, response.chunk());
  }

  Progress onData(UpdateResponseData data) {
    if (blob == null) {
      return data.offset() == 0 ? Progress.BROKEN : Progress.IGNORED;
    }
    return data.offset() == received ? append(blob, data.chunk()) : Progress.IGNORED;
  }

  private Progress append(byte[] target, Chunk chunk) {
    if (chunk.length() > target.length - received) {
      return Progress.BROKEN;
    }
    chunk.copyTo(target, received);
    received += chunk.length();
    return received == target.length ? Progress.COMPLETE : Progress.KEPT;
  }

  /** All octets, still encrypted; once complete. Not a copy. */
  byte[] blob() {
    if (blob == null || received < blob.length) {
      throw new IllegalStateException("not complete");
    }
    return blob;
  }

  PublicKey ephemeralKey() {
    if (ephemeralKey == null) {
      throw new IllegalStateException("not complete");
    }
    return ephemeralKey;
  }
}
