// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.netdata;

import dev.weft.config.NetworkData;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PeerId;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.MalformedMessageException;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import dev.weft.pex.message.UpdateResponseNoData;
import dev.weft.pex.message.UpdateResponseRefused;
import dev.weft.pex.netdata.UpdateAssembly.Progress;
import dev.weft.pex.netdata.UpdateSealing.ChunkSizes;
import dev.weft.spi.RandomSource;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** A node that answers from outside of the tunnel by the table of PEX §8.2, with losses. */
final class UpdateNode {

  private final PrivateKey key;
  private final AuthKey authKey;
  private final RandomSource random;
  private final Predicate<PexMessage> lost;
  private Optional<SignedNetworkData> data;
  private long pulling;
  private Optional<UpdateAssembly> assembly = Optional.empty();

  /**
   * A node.
   *
   * @param data what it has at first
   * @param lost which messages from it and to it get lost
   */
  UpdateNode(
      PrivateKey key,
      AuthKey authKey,
      Optional<SignedNetworkData> data,
      RandomSource random,
      Predicate<PexMessage> lost) {
    this.key = key;
    this.authKey = authKey;
    this.data = data;
    this.random = random;
    this.lost = lost;
  }

  Optional<SignedNetworkData> data() {
    return data;
  }

  /** Its request context is gone, as after four seconds. PEX §8.1. */
  void forgetRequest() {
    assembly = Optional.empty();
  }

  /** Carries datagrams back and forth until nobody sends any more. */
  void exchange(UpdateClient client, List<ByteBuffer> toNode) throws MalformedMessageException {
    List<ByteBuffer> queue = new ArrayList<>(toNode);
    while (!queue.isEmpty()) {
      for (ByteBuffer answer : onDatagram(queue.removeFirst())) {
        queue.addAll(client.onDatagram(answer));
      }
    }
  }

  List<ByteBuffer> onDatagram(ByteBuffer octets) throws MalformedMessageException {
    ExternalDatagram datagram = ExternalCodec.decode(octets, authKey);
    if (lost.test(datagram.message())) {
      return List.of();
    }
    List<PexMessage> answers =
        switch (datagram.message()) {
          case UpdateRequest request -> answers(datagram.sender(), request);
          case UpdateResponse response when response.requestId() == pulling -> {
            assembly.ifPresent(a -> onProgress(a.onResponse(response), a));
            yield List.of();
          }
          case UpdateResponseData chunk when chunk.requestId() == pulling -> {
            assembly.ifPresent(a -> onProgress(a.onData(chunk), a));
            yield List.of();
          }
          default -> List.of();
        };
    return answers.stream()
        .filter(lost.negate())
        .map(
            message ->
                ExternalCodec.encode(
                    new ExternalDatagram(
                        key.publicKey().peerId(), UpdateUpload.nextLong(random), message),
                    authKey))
        .toList();
  }

  private List<PexMessage> answers(PeerId sender, UpdateRequest request) {
    long version = data.map(SignedNetworkData::version).orElse(0L);
    int comparison = Long.compareUnsigned(request.version(), version);
    Optional<PublicKey> host = host(sender);
    List<PexMessage> answers = new ArrayList<>();
    if (host.isPresent() && comparison < 0) {
      return UpdateSealing.seal(
          data.orElseThrow(), request.requestId(), host.get(), random, ChunkSizes.EXTERNAL);
    }
    if (host.isPresent() && request.version() != 0) {
      answers.add(new UpdateResponseNoData(request.requestId(), version));
    }
    if (host.isEmpty() && comparison <= 0 && data.isPresent()) {
      answers.add(new UpdateResponseRefused(request.requestId(), version));
    }
    // While there is a request to an address, no other goes to it. PEX §8.1.
    if (comparison > 0 && assembly.isEmpty()) {
      pulling = UpdateUpload.nextLong(random);
      assembly = Optional.of(new UpdateAssembly());
      answers.add(new UpdateRequest(pulling, version));
    }
    return answers;
  }

  private Optional<PublicKey> host(PeerId id) {
    return data.stream()
        .flatMap(d -> NetworkData.parse(d.json()).hosts().stream())
        .map(NetworkData.Host::key)
        .filter(host -> host.peerId().equals(id) && !host.equals(key.publicKey()))
        .findFirst();
  }

  private void onProgress(Progress progress, UpdateAssembly complete) {
    if (progress == Progress.COMPLETE) {
      UpdateSealing.open(key, complete.ephemeralKey(), pulling, complete.blob());
      try {
        data = Optional.of(SignedNetworkData.verify(complete.blob(), authKey));
      } catch (InvalidNetworkDataException e) {
        throw new AssertionError(e);
      }
      assembly = Optional.empty();
    }
  }
}
