// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.peer.PeerId;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.node.ExchangeEffect.SendExternal;
import dev.weft.pex.node.ExchangeEffect.SendFromWireGuardPort;
import dev.weft.pex.node.PexEffect.Send;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects the effects of one input. What goes outside of the tunnel only because a datagram asked
 * for it is taken from the budget first. Belongs to its {@link NetworkDataExchange}.
 */
final class ExchangeOutbox {

  private final PeerId localId;
  private final RandomSource random;
  private final EgressBudget budget;
  private final ProvenSources proven;
  private final PexCounters counters;
  private List<ExchangeEffect> effects = new ArrayList<>();

  ExchangeOutbox(
      PeerId localId,
      RandomSource random,
      EgressBudget budget,
      ProvenSources proven,
      PexCounters counters) {
    this.localId = localId;
    this.random = random;
    this.budget = budget;
    this.proven = proven;
    this.counters = counters;
  }

  void add(ExchangeEffect effect) {
    effects.add(effect);
  }

  /** All effects since the last time. */
  List<ExchangeEffect> take() {
    if (effects.isEmpty()) {
      return List.of();
    }
    List<ExchangeEffect> taken = effects;
    effects = new ArrayList<>();
    return taken;
  }

  /**
   * Sends a message.
   *
   * @param asked whether a datagram outside of the tunnel is the reason
   * @return false if the budget did not allow it; counted
   */
  boolean send(PexPath path, PexMessage message, boolean asked, long nowNanos) {
    int octets = ExternalCodec.HEADER_LENGTH + message.payloadOctets();
    if (asked && !reserve(path, octets + EgressBudget.OVERHEAD_OCTETS, nowNanos)) {
      return false;
    }
    sendReserved(path, message);
    return true;
  }

  /** Sends a message that was taken from the budget before, or needs none of it. */
  void sendReserved(PexPath path, PexMessage message) {
    effects.add(
        switch (path) {
          case PexPath.Tunnel(var peer) -> new Send(peer, message);
          case PexPath.External(Endpoint endpoint) -> new SendExternal(endpoint, datagram(message));
        });
  }

  void sendFromWireGuardPort(Endpoint endpoint, PexMessage message, boolean asked, long nowNanos) {
    int octets = ExternalCodec.HEADER_LENGTH + message.payloadOctets();
    if (!asked
        || reserve(
            new PexPath.External(endpoint), octets + EgressBudget.OVERHEAD_OCTETS, nowNanos)) {
      effects.add(new SendFromWireGuardPort(endpoint, datagram(message)));
    }
  }

  /** Takes octets from the budget; the tunnel needs none, since its peers are authenticated. */
  boolean reserve(PexPath path, int octets, long nowNanos) {
    if (path instanceof PexPath.External(Endpoint endpoint)
        && !budget.reserve(
            endpoint.address(), octets, isProven(endpoint.address(), nowNanos), nowNanos)) {
      counters.count(PexCounter.UNSENT_FOR_BUDGET);
      return false;
    }
    return true;
  }

  boolean isProven(InetAddress address, long nowNanos) {
    return proven.contains(address, nowNanos);
  }

  private ExternalDatagram datagram(PexMessage message) {
    byte[] nonce = new byte[Long.BYTES];
    random.nextBytes(nonce);
    return new ExternalDatagram(localId, ByteBuffer.wrap(nonce).getLong(), message);
  }
}
