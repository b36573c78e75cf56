// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.transport.Endpoint;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How datagrams get from one host to another: through NATs, with the link's faults, unless a
 * partition separates the two. Used by the simulation's thread.
 *
 * <p>The way out is taken when a datagram is sent, the faults and the delay in the middle, and the
 * way in when it arrives: NATs see it when it passes them.
 */
final class Wire {

  private static final int UDP_HEADER = 8;
  private static final int IPV4_HEADER = 20;
  private static final int IPV6_HEADER = 40;

  private record Link(SimHost from, @Nullable SimHost to) {}

  /** A datagram where it has got to. */
  private record Passing(Datagram datagram, Realm realm, Endpoint source, Endpoint destination) {

    SimHost sender() {
      return datagram.sender();
    }

    Passing in(Realm next) {
      return new Passing(datagram, next, source, destination);
    }

    Passing from(Endpoint next) {
      return new Passing(datagram, realm, next, destination);
    }

    Passing to(Endpoint next) {
      return new Passing(datagram, realm, source, next);
    }
  }

  private final EventLoop loop;
  private final SimTime time;
  private final SeededRandom random;
  private final List<WireObserver> observers = new ArrayList<>();
  private final List<Partition> partitions = new ArrayList<>();
  private final Map<Link, LinkConditions> conditions = new HashMap<>();
  private final Map<Link, Long> lastArrivalNanos = new HashMap<>();
  private final Map<DropCause, Long> drops = new EnumMap<>(DropCause.class);
  private long sentDatagrams;
  private LinkConditions defaultConditions = LinkConditions.PERFECT;

  Wire(EventLoop loop, SimTime time, SeededRandom random) {
    this.loop = loop;
    this.time = time;
    this.random = random;
  }

  void observe(WireObserver observer) {
    observers.add(observer);
  }

  void setConditions(LinkConditions all) {
    defaultConditions = all;
    conditions.clear();
  }

  void setConditions(SimHost from, SimHost to, LinkConditions value) {
    conditions.put(new Link(from, to), value);
  }

  void add(Partition partition) {
    partitions.add(partition);
  }

  void remove(Partition partition) {
    partitions.remove(partition);
  }

  void heal() {
    partitions.clear();
  }

  Map<DropCause, Long> drops() {
    return new EnumMap<>(drops);
  }

  void send(SimHost sender, Endpoint source, Endpoint destination, byte[] payload) {
    Datagram datagram = new Datagram(sentDatagrams++, sender, payload);
    emit(new WireEvent.Sent(datagram, source, destination));
    Passing sent =
        new Passing(datagram, sender.realmOf(destination.address()), source, destination);
    if (sender.holds(destination.address())) {
      loop.after(0, () -> deliver(sent, sender));
      return;
    }
    Passing out = wayOut(sent);
    if (out == null) {
      return;
    }
    SimHost receiver = receiverOf(out.realm, out.source, destination);
    LinkConditions link = conditions.getOrDefault(new Link(sender, receiver), defaultConditions);
    int headers = UDP_HEADER + (destination.isIpv6() ? IPV6_HEADER : IPV4_HEADER);
    if (payload.length + headers > link.mtuOctets()) {
      drop(out, DropCause.TOO_LONG);
    } else if (isSeparated(sender, receiver)) {
      drop(out, DropCause.PARTITION);
    } else if (random.chance(link.loss())) {
      drop(out, DropCause.LOSS);
    } else {
      travel(out, receiver, link);
      if (random.chance(link.duplication())) {
        travel(out, receiver, link);
      }
    }
  }

  /** Through the NATs between the sender and the realm that knows the destination's address. */
  private @Nullable Passing wayOut(Passing sent) {
    Passing passing = sent;
    while (passing.realm.holder(sent.destination.address()) == null) {
      SimNat nat = passing.realm.uplink();
      if (nat == null) {
        drop(passing, DropCause.NO_HOST);
        return null;
      }
      passing = passing.from(nat.translateOut(passing.source, sent.destination)).in(nat.outer());
      if (nat.publicAddress().equals(sent.destination.address()) && !nat.isHairpinning()) {
        drop(passing, DropCause.NAT_NO_HAIRPIN);
        return null;
      }
    }
    return passing;
  }

  /** Who is meant, if it can be told already. */
  private static @Nullable SimHost receiverOf(Realm start, Endpoint source, Endpoint destination) {
    Realm realm = start;
    Endpoint next = destination;
    while (true) {
      switch (realm.holder(next.address())) {
        case SimHost host -> {
          return host;
        }
        case SimNat nat -> {
          Optional<Endpoint> inner = nat.innerEndpoint(next.port(), source);
          if (inner.isEmpty()) {
            return null;
          }
          realm = nat.inner();
          next = inner.get();
        }
        case null -> {
          return null;
        }
      }
    }
  }

  private void travel(Passing out, @Nullable SimHost receiver, LinkConditions link) {
    Link key = new Link(out.sender(), receiver);
    long now = time.nanoTime();
    long arrival =
        Math.max(now + link.latency().sampleNanos(random), lastArrivalNanos.getOrDefault(key, now));
    if (random.chance(link.reordering())) {
      arrival += link.reorderDelay().toNanos();
    } else {
      lastArrivalNanos.put(key, arrival);
    }
    loop.after(arrival - now, () -> wayIn(out));
  }

  /** Through the NATs in front of the receiver. */
  private void wayIn(Passing out) {
    Passing passing = out;
    while (true) {
      switch (passing.realm.holder(passing.destination.address())) {
        case SimHost host -> {
          if (isSeparated(passing.sender(), host)) {
            drop(passing, DropCause.PARTITION);
          } else {
            deliver(passing, host);
          }
          return;
        }
        case SimNat nat -> {
          int port = passing.destination.port();
          Optional<Endpoint> inner = nat.innerEndpoint(port, passing.source);
          if (inner.isEmpty()) {
            drop(passing, DropCause.NAT_NO_MAPPING);
            return;
          }
          if (!nat.admits(port, passing.source)) {
            drop(passing, DropCause.NAT_FILTERED);
            return;
          }
          passing = passing.to(inner.get()).in(nat.inner());
        }
        case null -> {
          drop(passing, DropCause.NO_HOST);
          return;
        }
      }
    }
  }

  private void deliver(Passing passing, SimHost receiver) {
    SimPort port = receiver.portAt(passing.destination);
    if (port == null) {
      drop(passing, DropCause.NO_SOCKET);
    } else if (port.accept(passing.datagram, passing.source)) {
      emit(
          new WireEvent.Delivered(passing.datagram, receiver, passing.source, passing.destination));
    } else {
      drop(passing, DropCause.BUFFER_FULL);
    }
  }

  private boolean isSeparated(SimHost from, @Nullable SimHost to) {
    return to != null && partitions.stream().anyMatch(partition -> partition.separates(from, to));
  }

  private void drop(Passing passing, DropCause cause) {
    drops.merge(cause, 1L, Long::sum);
    emit(new WireEvent.Dropped(passing.datagram, cause, passing.source, passing.destination));
  }

  private void emit(WireEvent event) {
    for (WireObserver observer : observers) {
      observer.onWire(event);
    }
  }
}
