// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.netdata;

import dev.weft.peer.AuthKey;
import dev.weft.peer.PeerId;
import dev.weft.peer.PrivateKey;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.MalformedMessageException;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import dev.weft.pex.message.UpdateResponseNoData;
import dev.weft.pex.message.UpdateResponseRefused;
import dev.weft.pex.netdata.UpdateAssembly.Progress;
import dev.weft.spi.RandomSource;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Downloads the data of a node in the name of a host that it knows. The sender's id in answers is
 * not looked at, but their request id is, which nobody can guess. Not thread-safe. Source: PEX
 * §8.5, §16.
 *
 * @since 0.1.0
 */
public final class UpdateDownload implements UpdateClient {

  private final PrivateKey hostKey;
  private final PeerId hostId;
  private final AuthKey authKey;
  private final RandomSource random;

  private long requestId;
  private UpdateAssembly assembly = new UpdateAssembly();
  private @Nullable UpdateOutcome outcome;

  /**
   * A download.
   *
   * @param hostKey of a host of the network
   * @param authKey the key of the network
   */
  public UpdateDownload(PrivateKey hostKey, AuthKey authKey, RandomSource random) {
    this.hostKey = Objects.requireNonNull(hostKey, "hostKey");
    this.hostId = hostKey.publicKey().peerId();
    this.authKey = Objects.requireNonNull(authKey, "authKey");
    this.random = Objects.requireNonNull(random, "random");
  }

  /** A request; what came for an earlier one is forgotten, since it will not be completed. */
  @Override
  public List<ByteBuffer> attempt() {
    requestId = UpdateUpload.nextLong(random);
    assembly = new UpdateAssembly();
    ExternalDatagram datagram =
        new ExternalDatagram(
            hostId, UpdateUpload.nextLong(random), new UpdateRequest(requestId, 0));
    return List.of(ExternalCodec.encode(datagram, authKey));
  }

  @Override
  public List<ByteBuffer> onDatagram(ByteBuffer datagram) {
    if (outcome == null && UpdateUpload.isOfNetwork(datagram, authKey)) {
      try {
        onMessage(ExternalCodec.decode(datagram, authKey));
      } catch (MalformedMessageException e) {
        // Ignored like anything that has nothing to do with this transfer.
      }
    }
    return List.of();
  }

  private void onMessage(ExternalDatagram datagram) {
    switch (datagram.message()) {
      case UpdateResponse response when response.requestId() == requestId ->
          onProgress(assembly.onResponse(response));
      case UpdateResponseData data when data.requestId() == requestId ->
          onProgress(assembly.onData(data));
      case UpdateResponseNoData none when none.requestId() == requestId && none.version() != 0 ->
          outcome = new UpdateOutcome.NothingNewer(none.version());
      case UpdateResponseRefused refused
          when refused.requestId() == requestId && refused.version() != 0 ->
          outcome = new UpdateOutcome.Refused(refused.version());
      default -> {
        // Of another request, or nothing that answers one.
      }
    }
  }

  private void onProgress(Progress progress) {
    switch (progress) {
      case IGNORED, KEPT -> {
        // More may come.
      }
      // As when a first message without a chunk was lost: what follows is of no use.
      case BROKEN -> assembly = new UpdateAssembly();
      case COMPLETE -> outcome = opened(assembly.blob());
    }
  }

  private UpdateOutcome opened(byte[] blob) {
    UpdateSealing.open(hostKey, assembly.ephemeralKey(), requestId, blob);
    try {
      return new UpdateOutcome.Downloaded(SignedNetworkData.verify(blob, authKey));
    } catch (InvalidNetworkDataException e) {
      return new UpdateOutcome.Invalid(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public Optional<UpdateOutcome> outcome() {
    return Optional.ofNullable(outcome);
  }

  @Override
  public String waitingFor() {
    return "an answer to the request of host " + hostId;
  }
}
