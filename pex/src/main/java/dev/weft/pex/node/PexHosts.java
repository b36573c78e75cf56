// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.transport.Endpoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * The external addresses to ask for network data. They are looked at every 500 ms, first 5 s after
 * a revision was put in force; a host is asked if more than 10 s passed since the last time. Times
 * count in whole seconds. Belongs to its {@link NetworkDataExchange}. Source: PEX §8.3.
 *
 * <p>What a revision and the configuration name stays until the next revision. Entries with a
 * lifetime survive a new revision, which with the daemon depends on its sockets. Who has just given
 * the data that brought a node into its network is not asked for them again at once. PEX §17.
 */
final class PexHosts {

  /**
   * Hosts that were made by datagrams, which anybody can forge; hosts named otherwise add to it.
   */
  static final int MAX_BY_DATAGRAM = 128;

  static final long RESPONSE_SECONDS = 20;
  static final long PORT_NOTIFY_SECONDS = 120;

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long FIRST_LOOK_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long ASK_AFTER_SECONDS = 10;

  /** A host to ask. */
  static final class PexHost {
    private final Endpoint endpoint;
    private final long addedNanos;
    private boolean byDatagram;

    /** The second at which it is forgotten; absent if it stays. */
    private OptionalLong end;

    private OptionalLong lastRequestSecond = OptionalLong.empty();

    /** Whether it has answered since. */
    private boolean answered;

    private PexHost(Endpoint endpoint, long addedNanos, boolean byDatagram, OptionalLong end) {
      this.endpoint = endpoint;
      this.addedNanos = addedNanos;
      this.byDatagram = byDatagram;
      this.end = end;
    }

    Endpoint endpoint() {
      return endpoint;
    }

    /** Whether only a datagram that anybody could have sent is the reason to ask it. */
    boolean byDatagram() {
      return byDatagram;
    }

    private void asked(long second) {
      lastRequestSecond = OptionalLong.of(second);
      answered = false;
    }

    private boolean isOver(long second) {
      return end.isPresent() && second >= end.getAsLong();
    }

    private boolean isDue(long second) {
      return lastRequestSecond.isEmpty()
          || second - lastRequestSecond.getAsLong() > ASK_AFTER_SECONDS;
    }

    private long dueNanos() {
      return lastRequestSecond.isEmpty()
          ? addedNanos
          : TimeUnit.SECONDS.toNanos(lastRequestSecond.getAsLong() + ASK_AFTER_SECONDS + 1);
    }
  }

  private final Map<Endpoint, PexHost> hosts = new LinkedHashMap<>();

  /** When those were asked that a new revision may name again. */
  private final Map<Endpoint, OptionalLong> askedBefore = new HashMap<>();

  private int byDatagram;
  private long sweptSecond;

  /** The next moment of the raster, which is a look only if somebody is due. */
  private long nextLookNanos;

  /**
   * Starts anew with the entries that have a lifetime.
   *
   * @param hadTunnel whether this host had a tunnel before; without, those that have just answered
   *     are not asked again at once if they are named again
   */
  void rebuild(boolean hadTunnel, long nowNanos) {
    askedBefore.clear();
    for (PexHost host : hosts.values()) {
      if (!hadTunnel && host.answered) {
        askedBefore.put(host.endpoint, host.lastRequestSecond);
      }
    }
    hosts.values().removeIf(host -> host.end.isEmpty());
    byDatagram = (int) hosts.values().stream().filter(PexHost::byDatagram).count();
    nextLookNanos = nowNanos + FIRST_LOOK_NANOS;
  }

  /**
   * Adds a host, or sets the lifetime of one anew.
   *
   * @param lifetimeSeconds absent if it stays until the next revision
   * @param fromDatagram whether a datagram is the reason
   * @return the host, and whether it should be asked at once
   */
  Added add(Endpoint endpoint, OptionalLong lifetimeSeconds, boolean fromDatagram, long nowNanos) {
    long second = second(nowNanos);
    removeOver(second);
    OptionalLong end =
        lifetimeSeconds.isPresent()
            ? OptionalLong.of(second + lifetimeSeconds.getAsLong())
            : OptionalLong.empty();
    PexHost host = hosts.get(endpoint);
    if (host == null) {
      if (fromDatagram && byDatagram >= MAX_BY_DATAGRAM) {
        return Added.REFUSED;
      }
      host = new PexHost(endpoint, nowNanos, fromDatagram, end);
      host.lastRequestSecond = askedBefore.getOrDefault(endpoint, OptionalLong.empty());
      hosts.put(endpoint, host);
      byDatagram += fromDatagram ? 1 : 0;
      return Added.NEW;
    }
    if (host.end.isPresent()) {
      host.end = end;
    }
    if (host.byDatagram && !fromDatagram) {
      host.byDatagram = false;
      byDatagram--;
    }
    return host.isDue(second) ? Added.REPEATED_AND_DUE : Added.REPEATED;
  }

  /** What became of a host that was to be added. */
  enum Added {
    REFUSED,
    NEW,
    REPEATED,
    REPEATED_AND_DUE
  }

  /** Whether a host is asked only because of a datagram; also if it is not known. */
  boolean isByDatagram(Endpoint endpoint) {
    PexHost host = hosts.get(endpoint);
    return host == null || host.byDatagram;
  }

  /** Notes that a host is asked now. */
  void asked(Endpoint endpoint, long nowNanos) {
    PexHost host = hosts.get(endpoint);
    if (host != null) {
      host.asked(second(nowNanos));
    }
  }

  /** Notes that a host has answered. */
  void answered(Endpoint endpoint) {
    PexHost host = hosts.get(endpoint);
    if (host != null) {
      host.answered = true;
    }
  }

  /** The hosts to ask now; they count as asked. */
  List<PexHost> look(long nowNanos) {
    if (nextLookNanos - nowNanos > 0) {
      return List.of();
    }
    nextLookNanos += (Math.floorDiv(nowNanos - nextLookNanos, LOOK_NANOS) + 1) * LOOK_NANOS;
    long second = second(nowNanos);
    removeOver(second);
    List<PexHost> due = new ArrayList<>();
    for (PexHost host : hosts.values()) {
      if (host.isDue(second)) {
        host.asked(second);
        due.add(host);
      }
    }
    return due;
  }

  /** When the next look will find somebody; absent if there are no hosts. */
  OptionalLong nextDeadlineNanos() {
    return hosts.values().stream()
        .mapToLong(PexHost::dueNanos)
        .reduce((a, b) -> a - b <= 0 ? a : b)
        .stream()
        .map(this::atRaster)
        .findFirst();
  }

  private long atRaster(long dueNanos) {
    long late = dueNanos - nextLookNanos;
    return late <= 0 ? nextLookNanos : nextLookNanos + Math.ceilDiv(late, LOOK_NANOS) * LOOK_NANOS;
  }

  private void removeOver(long second) {
    if (second == sweptSecond) {
      return;
    }
    sweptSecond = second;
    hosts
        .values()
        .removeIf(
            host -> {
              boolean over = host.isOver(second);
              byDatagram -= over && host.byDatagram ? 1 : 0;
              return over;
            });
  }

  private static long second(long nowNanos) {
    return Math.floorDiv(nowNanos, TimeUnit.SECONDS.toNanos(1));
  }

  int size() {
    return hosts.size();
  }
}
