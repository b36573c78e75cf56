// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.peer.PublicKey;
import dev.weft.pex.Capture.Datagram;
import dev.weft.spi.PeerSnapshot;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;

/**
 * What a node's WireGuard knew about its peers, derived from its underlay capture. WG §5.4: type
 * and length tell the messages apart, indices tell which belong together.
 *
 * <ul>
 *   <li>An initiation was accepted if it was answered, and counts from then; a response if data
 *       followed under its index.
 *   <li>The initiator's handshake completes with the response, the responder's with the first data
 *       under the index it gave out.
 *   <li>The endpoint is where the last packet went, or where the last accepted one came from.
 *   <li>Received octets are those of accepted messages, keepalives included.
 * </ul>
 */
final class WireGuardView {

  private static final int INITIATION = 1;
  private static final int INITIATION_OCTETS = 148;
  private static final int RESPONSE = 2;
  private static final int DATA = 4;
  private static final int SENDER = 4; // of initiation and response
  private static final int DATA_RECEIVER = 4;

  private final InetAddress own;
  private final Function<Endpoint, Optional<PublicKey>> keys;
  private final List<Datagram> datagrams;
  private final LongUnaryOperator readAt;

  private final Set<Integer> usedIndices = new HashSet<>();
  private final Set<Integer> ownResponses = new HashSet<>();
  private final Map<PublicKey, PeerSnapshot> peers = new HashMap<>();
  private int next;

  /**
   * A view at the start.
   *
   * @param own the node's underlay address
   * @param keys the other nodes by underlay endpoint
   * @param readAt when WireGuard read a datagram that arrived at a time
   */
  WireGuardView(
      InetAddress own,
      Function<Endpoint, Optional<PublicKey>> keys,
      List<Datagram> datagrams,
      LongUnaryOperator readAt) {
    this.own = own;
    this.keys = keys;
    this.datagrams = datagrams;
    this.readAt = readAt;
    for (Datagram datagram : datagrams) {
      if (type(datagram) == DATA) {
        usedIndices.add(index(datagram, DATA_RECEIVER));
      }
    }
  }

  /** When a node first started a handshake, if it did. */
  static OptionalLong firstInitiationNanos(List<Datagram> datagrams, InetAddress own) {
    return datagrams.stream()
        .filter(datagram -> type(datagram) == INITIATION)
        .filter(datagram -> datagram.source().address().equals(own))
        .mapToLong(Datagram::atNanos)
        .findFirst();
  }

  /** When a node first tried each endpoint. */
  static Map<Endpoint, Long> firstInitiations(List<Datagram> datagrams, InetAddress own) {
    Map<Endpoint, Long> first = new HashMap<>();
    datagrams.stream()
        .filter(datagram -> type(datagram) == INITIATION)
        .filter(datagram -> datagram.source().address().equals(own))
        .forEach(datagram -> first.putIfAbsent(datagram.destination(), datagram.atNanos()));
    return first;
  }

  /** The state at a time, which must not decrease between calls. */
  Map<PublicKey, PeerSnapshot> at(long nowNanos) {
    while (next < datagrams.size()
        && readAt.applyAsLong(datagrams.get(next).atNanos()) <= nowNanos) {
      apply(datagrams.get(next++));
    }
    return peers;
  }

  private void apply(Datagram datagram) {
    boolean outgoing = datagram.source().address().equals(own);
    Endpoint other = outgoing ? datagram.destination() : datagram.source();
    keys.apply(other).ifPresent(key -> apply(datagram, outgoing, other, key));
  }

  private void apply(Datagram datagram, boolean outgoing, Endpoint other, PublicKey key) {
    PeerSnapshot before =
        peers.getOrDefault(
            key, new PeerSnapshot(key, Optional.empty(), OptionalLong.empty(), 0, 0, 0, 0));
    if (outgoing) {
      int received = 0;
      if (type(datagram) == RESPONSE) {
        ownResponses.add(index(datagram, SENDER));
        received = INITIATION_OCTETS;
      }
      peers.put(key, after(before, other, before.lastHandshakeNanos(), received));
      return;
    }
    boolean accepted =
        switch (type(datagram)) {
          case RESPONSE -> usedIndices.contains(index(datagram, SENDER));
          case DATA -> true;
          default -> false;
        };
    boolean handshake =
        accepted
            && switch (type(datagram)) {
              case RESPONSE -> true;
              case DATA -> ownResponses.remove(index(datagram, DATA_RECEIVER));
              default -> false;
            };
    if (accepted) {
      OptionalLong handshakeNanos =
          handshake
              ? OptionalLong.of(readAt.applyAsLong(datagram.atNanos()))
              : before.lastHandshakeNanos();
      peers.put(key, after(before, other, handshakeNanos, datagram.payload().remaining()));
    }
  }

  private static PeerSnapshot after(
      PeerSnapshot before, Endpoint endpoint, OptionalLong handshakeNanos, int receivedOctets) {
    return new PeerSnapshot(
        before.publicKey(),
        Optional.of(endpoint),
        handshakeNanos,
        before.receivedOctets() + receivedOctets,
        0,
        0,
        0);
  }

  private static int type(Datagram datagram) {
    return datagram.payload().get(0);
  }

  private static int index(Datagram datagram, int offset) {
    return datagram.littleEndian().getInt(offset);
  }
}
