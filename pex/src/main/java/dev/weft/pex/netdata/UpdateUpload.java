// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.netdata;

import dev.weft.config.NetworkData;
import dev.weft.crypto.X25519;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PeerId;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.MalformedMessageException;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponseNoData;
import dev.weft.pex.message.UpdateResponseRefused;
import dev.weft.pex.netdata.UpdateSealing.ChunkSizes;
import dev.weft.spi.RandomSource;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Uploads data to a node: claims to have their version, whereupon a node with older ones asks for
 * them. An attempt sends what the node asked for once more, since it ignores what it has and so
 * gets what was lost, and asks again, since the answer to that tells when it has them: a node that
 * has the claimed version says so. Not thread-safe. Source: PEX §8.2, §8.5, §16.
 *
 * @since 0.1.0
 */
public final class UpdateUpload implements UpdateClient {

  /** Nobody's id: that of 32 zero octets as a private key. PEX §16. */
  private static final PeerId THROW_AWAY = PeerId.of(X25519.publicKey(new byte[32]));

  /** The id in the header of what is sent: none. PEX §16. */
  private static final PeerId NONE = new PeerId(0);

  /** Of how many own requests answers are waited for, and how often data are encrypted. */
  private static final int MAX_REQUESTS = 32;

  private final SignedNetworkData data;
  private final AuthKey authKey;
  private final RandomSource random;
  private final PeerId ownId;
  private final Map<PeerId, PublicKey> hosts = new HashMap<>();

  private final Deque<Long> requestIds = new ArrayDeque<>();

  private long nodeRequestId;
  private int answers;
  private List<PexMessage> answer = List.of();
  private @Nullable UpdateOutcome outcome;

  /**
   * An upload by nobody in particular, which every node accepts.
   *
   * @throws dev.weft.overlay.InvalidConfigurationException if the data are no document
   */
  public UpdateUpload(SignedNetworkData data, RandomSource random) {
    this(data, THROW_AWAY, random);
  }

  /**
   * An upload in the name of a host.
   *
   * @throws dev.weft.overlay.InvalidConfigurationException if the data are no document
   */
  public UpdateUpload(SignedNetworkData data, PublicKey host, RandomSource random) {
    this(data, host.peerId(), random);
  }

  private UpdateUpload(SignedNetworkData data, PeerId ownId, RandomSource random) {
    this.data = Objects.requireNonNull(data, "data");
    this.authKey = data.authKey();
    this.ownId = ownId;
    this.random = Objects.requireNonNull(random, "random");
    for (NetworkData.Host host : NetworkData.parse(data.json()).hosts()) {
      hosts.put(host.key().peerId(), host.key());
    }
  }

  @Override
  public List<ByteBuffer> attempt() {
    List<ByteBuffer> datagrams = new ArrayList<>(encoded());
    datagrams.add(request());
    return datagrams;
  }

  private ByteBuffer request() {
    long requestId = nextLong(random);
    requestIds.add(requestId);
    if (requestIds.size() > MAX_REQUESTS) {
      requestIds.remove();
    }
    return ExternalCodec.encode(
        new ExternalDatagram(ownId, nextLong(random), new UpdateRequest(requestId, data.version())),
        authKey);
  }

  /** What the node asked for, once it did. */
  private List<ByteBuffer> encoded() {
    return answer.stream()
        .map(
            message ->
                ExternalCodec.encode(
                    new ExternalDatagram(NONE, nextLong(random), message), authKey))
        .toList();
  }

  @Override
  public List<ByteBuffer> onDatagram(ByteBuffer datagram) {
    if (outcome != null || !isOfNetwork(datagram, authKey)) {
      return List.of();
    }
    try {
      ExternalDatagram received = ExternalCodec.decode(datagram, authKey);
      return onMessage(received.sender(), received.message());
    } catch (MalformedMessageException e) {
      // Ignored like anything that has nothing to do with this transfer.
      return List.of();
    }
  }

  private List<ByteBuffer> onMessage(PeerId sender, PexMessage message) {
    switch (message) {
      case UpdateRequest request when data.isNewerThan(request.version()) -> {
        return onRequest(sender, request);
      }
      case UpdateResponseRefused refused when requestIds.contains(refused.requestId()) ->
          onVersion(refused.version());
      case UpdateResponseNoData none when requestIds.contains(none.requestId()) ->
          onVersion(none.version());
      default -> {
        // Nothing that answers a claim to have newer data.
      }
    }
    return List.of();
  }

  /** The data, and a request whose answer tells whether they arrived. */
  private List<ByteBuffer> onRequest(PeerId sender, UpdateRequest request) {
    PublicKey node = hosts.get(sender);
    if (node == null) {
      outcome =
          new UpdateOutcome.Invalid(
              "the node's id is " + sender + ", and no host of the data has it");
      return List.of();
    }
    if (!answer.isEmpty() && request.requestId() == nodeRequestId) {
      return List.of(); // a duplicate; the next attempt repeats the answer
    }
    if (++answers > MAX_REQUESTS) {
      outcome = new UpdateOutcome.Invalid("the node asks for the data again and again");
      return List.of();
    }
    nodeRequestId = request.requestId();
    answer = UpdateSealing.seal(data, nodeRequestId, node, random, ChunkSizes.EXTERNAL);
    return attempt();
  }

  /** A node that has the claimed version or a newer one says so to everybody. */
  private void onVersion(long version) {
    if (version == data.version()) {
      outcome = new UpdateOutcome.Uploaded(version, !answer.isEmpty());
    } else if (!data.isNewerThan(version)) {
      outcome = new UpdateOutcome.NodeIsNewer(version);
    }
  }

  @Override
  public Optional<UpdateOutcome> outcome() {
    return Optional.ofNullable(outcome);
  }

  @Override
  public String waitingFor() {
    return answer.isEmpty()
        ? "the node's request for the data"
        : "the node to say that it has the data, which were sent";
  }

  /** Whether a datagram is about the network with this key. */
  static boolean isOfNetwork(ByteBuffer datagram, AuthKey authKey) {
    OptionalLong id = ExternalCodec.authId(datagram);
    return id.isPresent() && id.getAsLong() == authKey.id();
  }

  static long nextLong(RandomSource random) {
    byte[] octets = new byte[Long.BYTES];
    random.nextBytes(octets);
    return ByteBuffer.wrap(octets).getLong();
  }
}
