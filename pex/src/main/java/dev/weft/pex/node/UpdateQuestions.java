// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.overlay.Host;
import dev.weft.peer.AuthKey;
import dev.weft.pex.message.EndpointNotify;
import dev.weft.pex.message.EndpointPortNotify;
import dev.weft.pex.message.Enroll;
import dev.weft.pex.message.Hello;
import dev.weft.pex.message.NotifyPeers;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.Ping;
import dev.weft.pex.message.Pong;
import dev.weft.pex.message.Query;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import dev.weft.pex.message.UpdateResponseNoData;
import dev.weft.pex.message.UpdateResponseRefused;
import dev.weft.pex.netdata.InvalidNetworkDataException;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.node.ExchangeEffect.DataReceived;
import dev.weft.pex.node.ExchangeEffect.Refused;
import dev.weft.pex.node.UpdateAssembler.Request;
import dev.weft.transport.Endpoint;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/**
 * Asks for network data and takes what is answered. Belongs to its {@link NetworkDataExchange}.
 * Source: PEX §8.1, §8.3, §8.5.
 */
final class UpdateQuestions {

  private final AuthKey authKey;
  private final OwnData own;
  private final ExchangeOutbox outbox;
  private final UpdateAssembler assembler;
  private final ProvenSources proven;
  private final LocalState local;
  private final PexCounters counters;
  private final PexHosts hosts = new PexHosts();

  private Optional<Host> localHost = Optional.empty();
  private int ownPort;

  UpdateQuestions(
      AuthKey authKey,
      OwnData own,
      ExchangeOutbox outbox,
      UpdateAssembler assembler,
      ProvenSources proven,
      LocalState local,
      PexCounters counters) {
    this.authKey = authKey;
    this.own = own;
    this.outbox = outbox;
    this.assembler = assembler;
    this.proven = proven;
    this.local = local;
    this.counters = counters;
  }

  void load(PexNetwork network, int ownPort, long nowNanos) {
    boolean hadTunnel = this.ownPort != 0;
    localHost = network.local();
    this.ownPort = ownPort;
    hosts.rebuild(hadTunnel, nowNanos);
  }

  int hostsToAsk() {
    return hosts.size();
  }

  OptionalLong nextDeadlineNanos() {
    return LongStream.concat(
            hosts.nextDeadlineNanos().stream(), assembler.nextDeadlineNanos().stream())
        .reduce((a, b) -> a - b <= 0 ? a : b);
  }

  void onDeadline(long nowNanos) {
    assembler.removeOver(nowNanos);
    for (PexHosts.PexHost host : hosts.look(nowNanos)) {
      poll(host.endpoint(), host.byDatagram(), nowNanos);
    }
  }

  /** A request and what follows it, to a host outside of the tunnel. */
  private void poll(Endpoint endpoint, boolean byDatagram, long nowNanos) {
    PexPath path = new PexPath.External(endpoint);
    if (!request(path, own.versionToAskWith(), byDatagram, nowNanos) || localHost.isEmpty()) {
      return;
    }
    if (local.externalPort().isPresent()) {
      PexMessage notify = new EndpointPortNotify(local.externalPort().getAsInt());
      outbox.send(path, notify, byDatagram, nowNanos);
    }
    outbox.sendFromWireGuardPort(endpoint, new EndpointNotify(), byDatagram, nowNanos);
  }

  /** Asks for data, if no request to the same destination is open. */
  boolean request(PexPath path, long version, boolean loose, long nowNanos) {
    Optional<UpdateRequest> request = assembler.open(path, version, loose, nowNanos);
    if (request.isEmpty()) {
      return false;
    }
    if (!outbox.send(path, request.get(), loose, nowNanos)) {
      assembler.find(request.get().requestId()).ifPresent(assembler::close);
      return false;
    }
    return true;
  }

  /** Asks a peer in the tunnel, if there is a way. */
  void requestInTunnel(Host peer, long version, long nowNanos) {
    if (isReachable(peer)) {
      request(new PexPath.Tunnel(peer), version, false, nowNanos);
    }
  }

  boolean isReachable(Host peer) {
    return ownPort != 0 && peer.pexPort() != 0;
  }

  /** Adds somebody to ask; see {@link PexHosts#add}. */
  void addHost(
      Endpoint endpoint, OptionalLong lifetimeSeconds, boolean fromDatagram, long nowNanos) {
    switch (hosts.add(endpoint, lifetimeSeconds, fromDatagram, nowNanos)) {
      case REFUSED -> counters.count(PexCounter.REFUSED_PEX_HOSTS);
      case NEW, REPEATED -> {
        // Asked when the list is looked at.
      }
      case REPEATED_AND_DUE -> {
        hosts.asked(endpoint, nowNanos);
        poll(endpoint, hosts.isByDatagram(endpoint), nowNanos);
      }
    }
  }

  /** Takes an answer to a request; other messages are ignored. PEX §8.5. */
  void onAnswer(PexMessage message, PexPath from, long nowNanos) {
    assembler.removeOver(nowNanos);
    switch (message) {
      case UpdateResponse response -> {
        counters.countReceived(message.opcode());
        answered(response.requestId(), from, nowNanos);
        assembler.onResponse(response, nowNanos).ifPresent(this::onComplete);
      }
      case UpdateResponseData data -> {
        counters.countReceived(message.opcode());
        assembler.onData(data, nowNanos).ifPresent(this::onComplete);
      }
      case UpdateResponseNoData none -> {
        counters.countReceived(message.opcode());
        Optional<Request> asked = assembler.find(none.requestId());
        if (onEnd(none.requestId(), none.version(), from, nowNanos)) {
          askForOlder(asked.orElseThrow(), none.version(), nowNanos);
        }
      }
      case UpdateResponseRefused refused -> {
        counters.countReceived(message.opcode());
        if (onEnd(refused.requestId(), refused.version(), from, nowNanos)
            && Long.compareUnsigned(refused.version(), own.version()) > 0) {
          counters.count(PexCounter.UPDATE_REFUSED);
          outbox.add(new Refused(refused.version(), from));
        }
      }
      case Hello _,
          NotifyPeers _,
          Query _,
          Ping _,
          Pong _,
          UpdateRequest _,
          EndpointNotify _,
          EndpointPortNotify _,
          Enroll _ -> {}
    }
  }

  /**
   * A request that claimed a refused version hides newer ones below it: they are asked for once
   * more, with the own version.
   */
  private void askForOlder(Request asked, long version, long nowNanos) {
    if (asked.version() != own.version()
        && own.versionToAskAfter(version).equals(OptionalLong.of(own.version()))) {
      request(asked.path(), own.version(), asked.isLoose(), nowNanos);
    }
  }

  /** A request ends without data. Returns whether it was open. */
  private boolean onEnd(long requestId, long version, PexPath from, long nowNanos) {
    Optional<Request> request = assembler.find(requestId);
    if (version == 0 || request.isEmpty()) {
      counters.count(PexCounter.DROPPED_UPDATES);
      return false;
    }
    answered(requestId, from, nowNanos);
    assembler.close(request.get());
    return true;
  }

  /**
   * Who answers from where a request was sent has received it: its id is a number of 64 bits that
   * only the receiver and those on the way know. An answer from elsewhere proves nothing.
   */
  private void answered(long requestId, PexPath from, long nowNanos) {
    if (from instanceof PexPath.External(Endpoint source)
        && assembler.find(requestId).filter(asked -> asked.path().equals(from)).isPresent()) {
      proven.add(source.address(), nowNanos);
      hosts.answered(source);
    }
  }

  private void onComplete(Request request) {
    SignedNetworkData data;
    try {
      data = SignedNetworkData.verify(request.data(), authKey);
    } catch (InvalidNetworkDataException e) {
      counters.count(PexCounter.REFUSED_DATA);
      return;
    }
    if (own.offer(data)) {
      outbox.add(new DataReceived(data, request.path()));
    } else {
      counters.count(PexCounter.REFUSED_DATA);
    }
  }
}
