// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.overlay.PingException;
import dev.weft.spi.DataPlaneContext;
import dev.weft.spi.Scheduler;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The overlay's own end of its tunnels, the same whatever carries the packets: sockets and pings on
 * the own addresses, and {@link InnerDemux}, which tells what is theirs. Owned by the overlay's
 * queue.
 */
final class HostStack {

  /** Packets of overlay sockets that are sent before others on the loop get their turn. */
  private static final int DRAIN_LIMIT = 32;

  /** What carries packets to the peers. Called on the overlay's queue. */
  interface Tunnels {

    /** Of the plane. */
    RunState state();

    /** Whether some peer has this address among its allowed IPs. */
    boolean reaches(InetAddress target);

    /** Sends an inner packet to the peer that has its destination; only while running. */
    void send(PacketBuffer packet);

    /** Hands over what was gathered, and carries on, after the sockets' packets were sent. */
    void afterSending();
  }

  private final DataPlaneContext context;
  private final Scheduler queue;
  private final Tunnels tunnels;
  private final InnerDropCounters drops;
  private final OverlaySockets sockets;
  private final Pings pings;
  private final InnerDemux demux;

  /**
   * With the context's addresses.
   *
   * @param port where packets go that are not the sockets' nor the pings'; absent for the
   *     in-process endpoint
   */
  HostStack(
      DataPlaneContext context,
      InnerDropCounters drops,
      Optional<SuppliedPort> port,
      Tunnels tunnels) {
    this.context = context;
    this.drops = drops;
    this.tunnels = tunnels;
    queue = context.queue();
    int mtuOctets = context.interfaceConfig().mtuOctets();
    OwnAddresses own = new OwnAddresses(context.addresses());
    sockets =
        new OverlaySockets(
            mtuOctets, own, context.random(), drops, () -> queue.execute(this::drainSockets));
    pings = new Pings(queue, context.random());
    demux =
        new InnerDemux(
            mtuOctets,
            own,
            drops,
            sockets,
            pings,
            new InProcessEndpoint(mtuOctets, drops, context.time().nanoTime()),
            port,
            this::emit);
  }

  OverlaySockets sockets() {
    return sockets;
  }

  Pings pings() {
    return pings;
  }

  InnerDemux demux() {
    return demux;
  }

  /**
   * Replaces the own addresses. Sockets on one that went stay claimed, and idle until it is back.
   */
  void setAddresses(List<InterfaceAddress> addresses) {
    demux.setAddresses(new OwnAddresses(addresses));
  }

  /** Packets flow. */
  void run() {
    sockets.setRunning(true);
  }

  /** Packets do not flow any more, for the tunnels failed. */
  void fail() {
    sockets.setRunning(false);
  }

  /** Packets do not flow until {@link #run}. */
  void suspend() {
    sockets.setRunning(false);
    pings.close("the overlay was suspended");
    demux.releaseMemory();
  }

  void close() {
    sockets.close();
    pings.close("the overlay was closed");
    demux.releaseMemory();
  }

  /**
   * Sends an echo request to a peer.
   *
   * @return completed on the queue; exceptionally {@link PingException}
   */
  CompletionStage<Duration> ping(InetAddress target, Duration timeout) {
    RunState state = tunnels.state();
    if (state != RunState.RUNNING) {
      return noPing(target, "the data plane is " + state.word());
    }
    if (demux.own().contains(target)) {
      return CompletableFuture.completedFuture(Duration.ZERO);
    }
    Optional<InetAddress> source = demux.own().sourceFor(target);
    if (source.isEmpty()) {
      return noPing(target, "the local host has no overlay address of that version of IP");
    }
    if (!tunnels.reaches(target)) {
      return noPing(target, "no peer has this address among its allowed IPs");
    }
    return pings.ping(source.get(), target, timeout, nowNanos(), this::emit);
  }

  private static CompletionStage<Duration> noPing(InetAddress target, String reason) {
    return CompletableFuture.failedFuture(
        new PingException("pinging " + target.getHostAddress() + " failed: " + reason));
  }

  /** Sends an inner packet of this host's own: to a peer, or back to this host. */
  private void emit(PacketBuffer packet) {
    if (tunnels.state() != RunState.RUNNING) {
      drops.count(InnerDrop.NOT_RUNNING);
    } else if (demux.isForOwnAddress(packet)) {
      demux.deliver(packet, nowNanos());
    } else {
      tunnels.send(packet);
    }
  }

  private void drainSockets() {
    sockets.beginPolling();
    for (int i = 0; i < DRAIN_LIMIT; i++) {
      PacketBuffer packet = sockets.poll();
      if (packet == null) {
        break;
      }
      if (demux.isFromOwnAddress(packet)) {
        emit(packet);
      } else {
        drops.count(InnerDrop.SOURCE_NOT_LOCAL);
      }
    }
    sockets.wakeIfWaiting();
    tunnels.afterSending();
  }

  private long nowNanos() {
    return context.time().nanoTime();
  }
}
