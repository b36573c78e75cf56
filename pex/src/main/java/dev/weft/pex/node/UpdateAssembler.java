// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.Chunk;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.netdata.UpdateSealing;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * The requests for network data that are open, and what came in answer to them. There is at most
 * one to each address and port; the daemon shares its list among its networks, this one belongs to
 * one network. Messages must come in order: a gap or a repetition is ignored, and then the request
 * times out at the fourth whole second without a message. Belongs to its {@link
 * NetworkDataExchange}. Source: PEX §8.1, §8.5.
 *
 * <p>Bounded beyond that: a request whose reason was a datagram outside of the tunnel is
 * <em>loose</em>; there are at most {@link #MAX_LOOSE}, which hold at most {@link
 * #MAX_LOOSE_OCTETS}. Memory grows with what came, not with what was announced. No request is open
 * for longer than {@link #MAX_SECONDS}.
 */
final class UpdateAssembler {

  static final int MAX_LOOSE = 192;
  static final int MAX_LOOSE_OCTETS = 2 * 1024 * 1024;
  static final long MAX_SECONDS = 30;

  private static final long IDLE_SECONDS = 4;
  private static final int FIRST_BUFFER_OCTETS = 4096;

  /** A request that is open, or was until its data were complete. */
  static final class Request {
    private final long id;
    private final PexPath path;
    private final long version;
    private final boolean loose;
    private final long firstSecond;
    private long lastSecond;
    private Optional<PublicKey> ephemeralKey = Optional.empty();
    private int dataLength;
    private byte[] buffer = new byte[0];
    private int received;

    private Request(long id, PexPath path, long version, boolean loose, long second) {
      this.id = id;
      this.path = path;
      this.version = version;
      this.loose = loose;
      firstSecond = second;
      lastSecond = second;
    }

    /** Where it was sent. */
    PexPath path() {
      return path;
    }

    /** The data, if they are complete. Not copied. */
    byte[] data() {
      return buffer;
    }

    /** The version it claimed. */
    long version() {
      return version;
    }

    boolean isLoose() {
      return loose;
    }

    /** The second at which it is over if nothing comes. */
    private long endSecond() {
      return Math.min(lastSecond + IDLE_SECONDS, firstSecond + MAX_SECONDS);
    }
  }

  private final PrivateKey localKey;
  private final RandomSource random;
  private final PexCounters counters;
  private final Map<Endpoint, Request> byDestination = new HashMap<>();
  private final Map<Long, Request> byId = new HashMap<>();
  private int loose;
  private int looseOctets;
  private long sweptSecond;

  UpdateAssembler(PrivateKey localKey, RandomSource random, PexCounters counters) {
    this.localKey = localKey;
    this.random = random;
    this.counters = counters;
  }

  /**
   * Opens a request.
   *
   * @param isLoose whether a datagram outside of the tunnel is the only reason
   * @return what to send; empty if one to the same destination is still open, or there are too many
   */
  Optional<UpdateRequest> open(PexPath path, long version, boolean isLoose, long nowNanos) {
    removeOver(nowNanos);
    Endpoint destination = path.destination();
    if (byDestination.containsKey(destination) || (isLoose && loose >= MAX_LOOSE)) {
      return Optional.empty();
    }
    byte[] octets = new byte[Long.BYTES];
    random.nextBytes(octets);
    long id = ByteBuffer.wrap(octets).getLong();
    find(id).ifPresent(this::close);
    Request request = new Request(id, path, version, isLoose, second(nowNanos));
    byDestination.put(destination, request);
    byId.put(id, request);
    loose += isLoose ? 1 : 0;
    return Optional.of(new UpdateRequest(id, version));
  }

  /** The open request with an id. */
  Optional<Request> find(long id) {
    return Optional.ofNullable(byId.get(id));
  }

  /** Ends a request. */
  void close(Request request) {
    if (byId.remove(request.id, request)) {
      byDestination.remove(request.path.destination());
      loose -= request.loose ? 1 : 0;
      looseOctets -= request.loose ? request.received : 0;
    }
  }

  /** Takes the start of the data. Returns the request if it is complete now. */
  Optional<Request> onResponse(UpdateResponse response, long nowNanos) {
    removeOver(nowNanos);
    Request request = byId.get(response.requestId());
    int length = response.dataLength(); // above 2^31 it is negative here
    if (request == null
        || request.ephemeralKey.isPresent()
        || length <= 0
        || length > SignedNetworkData.MAX_OCTETS) {
      counters.count(PexCounter.DROPPED_UPDATES);
      return Optional.empty();
    }
    request.ephemeralKey = Optional.of(response.ephemeralKey());
    request.dataLength = length;
    return append(request, response.chunk(), nowNanos);
  }

  /** Takes more of the data. Returns the request if it is complete now. */
  Optional<Request> onData(UpdateResponseData data, long nowNanos) {
    removeOver(nowNanos);
    Request request = byId.get(data.requestId());
    if (request == null) {
      counters.count(PexCounter.DROPPED_UPDATES);
      return Optional.empty();
    }
    request.lastSecond = second(nowNanos);
    if (data.offset() != request.received) {
      counters.count(PexCounter.DROPPED_UPDATES); // lost or repeated
      return Optional.empty();
    }
    if (request.ephemeralKey.isEmpty()) {
      return drop(request);
    }
    return append(request, data.chunk(), nowNanos);
  }

  private Optional<Request> append(Request request, Chunk chunk, long nowNanos) {
    request.lastSecond = second(nowNanos);
    int total = request.received + chunk.length();
    boolean tooMuch = request.loose && looseOctets + chunk.length() > MAX_LOOSE_OCTETS;
    if (total > request.dataLength || tooMuch) {
      return drop(request);
    }
    if (total > request.buffer.length) {
      int octets = Math.max(total, Math.max(FIRST_BUFFER_OCTETS, 2 * request.buffer.length));
      request.buffer = Arrays.copyOf(request.buffer, Math.min(octets, request.dataLength));
    }
    chunk.copyTo(request.buffer, request.received);
    request.received = total;
    looseOctets += request.loose ? chunk.length() : 0;
    if (total < request.dataLength) {
      return Optional.empty();
    }
    close(request);
    UpdateSealing.open(localKey, request.ephemeralKey.orElseThrow(), request.id, request.buffer);
    return Optional.of(request);
  }

  private Optional<Request> drop(Request request) {
    counters.count(PexCounter.DROPPED_UPDATES);
    close(request);
    return Optional.empty();
  }

  /** Ends the requests that are over. */
  void removeOver(long nowNanos) {
    long second = second(nowNanos);
    if (second == sweptSecond) {
      return;
    }
    sweptSecond = second;
    List<Request> over = new ArrayList<>();
    for (Request request : byId.values()) {
      if (second >= request.endSecond()) {
        over.add(request);
      }
    }
    over.forEach(this::close);
  }

  /** When the first request is over. */
  OptionalLong nextDeadlineNanos() {
    return byId.values().stream()
        .mapToLong(request -> TimeUnit.SECONDS.toNanos(request.endSecond()))
        .reduce((a, b) -> a - b <= 0 ? a : b);
  }

  private static long second(long nowNanos) {
    return Math.floorDiv(nowNanos, TimeUnit.SECONDS.toNanos(1));
  }

  /** How many requests are open. */
  int size() {
    return byId.size();
  }

  /** Octets held for loose requests. */
  int looseOctets() {
    return looseOctets;
  }
}
