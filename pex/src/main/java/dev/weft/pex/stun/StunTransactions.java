// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import dev.weft.pex.stun.StunMessage.BindingError;
import dev.weft.pex.stun.StunMessage.BindingRequest;
import dev.weft.pex.stun.StunMessage.BindingSuccess;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Requests that wait for an answer. An answer counts if it has the transaction id of a request and
 * comes from where that was sent. Belongs to its owner's thread.
 */
final class StunTransactions {

  /** A response to a request of ours. */
  record Match(TransactionId transaction, Endpoint server, StunMessage response) {}

  private final RandomSource random;
  private final Map<TransactionId, Endpoint> pending = new HashMap<>();
  private long malformed;
  private long unmatched;

  StunTransactions(RandomSource random) {
    this.random = random;
  }

  /** A new request to a server. */
  BindingRequest open(Endpoint server) {
    BindingRequest request = new BindingRequest(TransactionId.random(random));
    pending.put(request.transaction(), server);
    return request;
  }

  /** The request that a datagram answers; after that it waits no more. */
  Optional<Match> match(ByteBuffer datagram, Endpoint source) {
    StunMessage message;
    try {
      message = StunMessage.decode(datagram);
    } catch (MalformedStunException e) {
      malformed++;
      return Optional.empty();
    }
    return switch (message) {
      case BindingRequest request -> {
        unmatched++;
        yield Optional.empty();
      }
      case BindingSuccess success -> match(success, source);
      case BindingError error -> match(error, source);
    };
  }

  private Optional<Match> match(StunMessage response, Endpoint source) {
    Endpoint server = pending.get(response.transaction());
    if (server == null || !server.equals(source)) {
      unmatched++; // The true answer may still come, so the request goes on waiting.
      return Optional.empty();
    }
    pending.remove(response.transaction());
    return Optional.of(new Match(response.transaction(), server, response));
  }

  /**
   * The address that a server told, if it can be one of ours: of the family that it was asked in,
   * and something that one can send to.
   */
  static Optional<Endpoint> usable(Match match) {
    if (!(match.response() instanceof BindingSuccess success)) {
      return Optional.empty();
    }
    return success
        .reflexive()
        .filter(
            reflexive ->
                reflexive.isIpv6() == match.server().isIpv6()
                    && reflexive.port() != 0
                    && !reflexive.address().isAnyLocalAddress()
                    && !reflexive.address().isMulticastAddress());
  }

  void forget(TransactionId transaction) {
    pending.remove(transaction);
  }

  void clear() {
    pending.clear();
  }

  long malformed() {
    return malformed;
  }

  long unmatched() {
    return unmatched;
  }
}
