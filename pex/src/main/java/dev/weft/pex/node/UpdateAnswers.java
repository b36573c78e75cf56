// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.overlay.Host;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.EndpointPortNotify;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponseNoData;
import dev.weft.pex.message.UpdateResponseRefused;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.node.RequestLimiter.Trust;
import dev.weft.spi.RandomSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Answers UPDATE_REQUESTs. Belongs to its {@link NetworkDataExchange}. Source: PEX §8.2.
 *
 * <table>
 * <caption>With the own version V and R in the request</caption>
 * <tr><th>requester</th><th>R and V</th><th>answer</th></tr>
 * <tr><td>known</td><td>R ≠ 0, R ≥ V</td><td>NO_DATA, and an own request if R &gt; V</td></tr>
 * <tr><td>known</td><td>R &lt; V</td><td>the data</td></tr>
 * <tr><td>known</td><td>no own data</td><td>nothing else</td></tr>
 * <tr><td>unknown</td><td>R &gt; V</td><td>an own request</td></tr>
 * <tr><td>unknown</td><td>R ≤ V, own data</td><td>REFUSED</td></tr>
 * <tr><td>unknown</td><td>no own data, R = 0</td><td>nothing</td></tr>
 * </table>
 *
 * <p>Whoever is not answered for want of budget gets nothing at all: REFUSED would say that it is
 * not in the network.
 */
final class UpdateAnswers {

  private final OwnData own;
  private final ExchangeOutbox outbox;
  private final RandomSource random;
  private final LocalState local;
  private final PexCounters counters;
  private final RequestLimiter limiter;
  private final TransferPacer pacer;

  private Optional<Host> localHost = Optional.empty();

  private Optional<Prepared> prepared = Optional.empty();

  /**
   * What all transfers of the same data share: their octets and one ephemeral key, so that requests
   * in members' names cost no Diffie-Hellman each. Other data have another key, since a requester
   * chooses the nonce and could otherwise see two texts under one key stream.
   */
  private static final class Prepared {
    private final SignedNetworkData data;
    private final byte[] octets;
    private final PrivateKey ephemeral;
    private final PublicKey ephemeralPublic;

    /** By requester. */
    private final Map<PublicKey, byte[]> secrets = new HashMap<>();

    private Prepared(SignedNetworkData data, RandomSource random) {
      this.data = data;
      octets = data.octets();
      ephemeral = PrivateKey.generate(random);
      ephemeralPublic = ephemeral.publicKey();
    }

    private UpdateCipher cipher(PublicKey requester, long requestId) {
      byte[] secret =
          secrets.computeIfAbsent(requester, key -> UpdateCipher.sharedSecret(ephemeral, key));
      return new UpdateCipher(secret, requestId);
    }
  }

  UpdateAnswers(
      OwnData own,
      ExchangeOutbox outbox,
      RandomSource random,
      LocalState local,
      PexCounters counters) {
    this.own = own;
    this.outbox = outbox;
    this.random = random;
    this.local = local;
    this.counters = counters;
    limiter = new RequestLimiter(random);
    pacer = new TransferPacer(outbox::sendReserved, counters);
  }

  void load(PexNetwork network) {
    localHost = network.local();
    prepared.ifPresent(shared -> shared.secrets.clear()); // of hosts that may be gone
  }

  OptionalLong nextDeadlineNanos() {
    return pacer.nextDeadlineNanos();
  }

  void onDeadline(long nowNanos) {
    pacer.onDeadline(nowNanos);
  }

  /**
   * Answers a request, if there is an answer.
   *
   * @param known the requester, if it is a member
   * @param ask called if its version is above the own one
   */
  void onRequest(
      UpdateRequest request, PexPath path, Optional<Host> known, Runnable ask, long nowNanos) {
    if (!limiter.allows(
        known.map(Host::key), trust(path, nowNanos), path.destination().address(), nowNanos)) {
      counters.count(PexCounter.DROPPED_REQUESTS);
      return;
    }
    int comparison = Long.compareUnsigned(request.version(), own.version());
    if (known.isEmpty()) {
      if (comparison > 0) {
        ask.run();
      } else if (own.current().isPresent()) {
        PexMessage refused = new UpdateResponseRefused(request.requestId(), own.version());
        outbox.send(path, refused, true, nowNanos);
      }
    } else if (request.version() != 0 && comparison >= 0) {
      PexMessage none = new UpdateResponseNoData(request.requestId(), own.version());
      outbox.send(path, none, true, nowNanos);
      if (comparison > 0) {
        ask.run();
      }
      portNotify(known.get()).ifPresent(notify -> outbox.send(path, notify, true, nowNanos));
    } else if (own.current().isPresent()) {
      transfer(own.current().get(), request, path, known.get(), nowNanos);
    }
  }

  private Trust trust(PexPath path, long nowNanos) {
    return switch (path) {
      case PexPath.Tunnel tunnel -> Trust.TUNNEL;
      case PexPath.External(var endpoint) ->
          outbox.isProven(endpoint.address(), nowNanos) ? Trust.PROVEN : Trust.CLAIMED;
    };
  }

  private void transfer(
      SignedNetworkData data, UpdateRequest request, PexPath path, Host requester, long nowNanos) {
    if (!pacer.hasRoom(path.destination())) {
      counters.count(PexCounter.UNSENT_TRANSFERS);
      return;
    }
    Optional<PexMessage> last = portNotify(requester);
    int lastOctets =
        last.map(
                message ->
                    ExternalCodec.HEADER_LENGTH
                        + message.payloadOctets()
                        + EgressBudget.OVERHEAD_OCTETS)
            .orElse(0);
    int octets = OutgoingTransfer.externalOctets(data.length()) + lastOctets;
    if (!outbox.reserve(path, octets, nowNanos)) {
      return;
    }
    counters.count(PexCounter.STARTED_TRANSFERS);
    Prepared shared =
        prepared.filter(before -> before.data.equals(data)).orElseGet(() -> prepare(data));
    pacer.start(
        new OutgoingTransfer(
            path,
            shared.octets,
            request.requestId(),
            shared.ephemeralPublic,
            shared.cipher(requester.key(), request.requestId()),
            last),
        nowNanos);
  }

  private Prepared prepare(SignedNetworkData data) {
    Prepared shared = new Prepared(data, random);
    prepared = Optional.of(shared);
    return shared;
  }

  /** Tells a known requester that is not connected where to reach this host. */
  private Optional<PexMessage> portNotify(Host requester) {
    return localHost.isEmpty() || local.isConnected(requester.key())
        ? Optional.empty()
        : Optional.of(new EndpointPortNotify(local.externalPort().orElse(local.port())));
  }

  /** Transfers under way. */
  int transfers() {
    return pacer.size();
  }
}
