// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayEvent;
import dev.weft.overlay.WeftRuntime;
import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PublicKey;
import dev.weft.spi.DataPlane;
import dev.weft.spi.OverlayDatagrams;
import dev.weft.spi.OverlayServiceContext;
import dev.weft.spi.RandomSource;
import dev.weft.spi.Scheduler;
import dev.weft.spi.TimeSource;
import dev.weft.spi.UnderlayDatagrams;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/** What a service sees of the engine. Owned by the overlay's queue. */
final class EngineServiceContext implements OverlayServiceContext {

  private final RuntimeLease lease;
  private final Scheduler queue;
  private final DataPlane plane;
  private final Supplier<InForce> inForce;
  private final ConnectLoop connectLoop;
  private final PeerWatch watch;
  private final EventPublisher events;
  private final Function<NetworkRevision, CompletionStage<List<String>>> install;

  /**
   * A context.
   *
   * @param install puts a revision in force and tells for which problems it was refused
   */
  EngineServiceContext(
      RuntimeLease lease,
      Scheduler queue,
      DataPlane plane,
      Supplier<InForce> inForce,
      ConnectLoop connectLoop,
      PeerWatch watch,
      EventPublisher events,
      Function<NetworkRevision, CompletionStage<List<String>>> install) {
    this.lease = lease;
    this.queue = queue;
    this.plane = plane;
    this.inForce = inForce;
    this.connectLoop = connectLoop;
    this.watch = watch;
    this.events = events;
    this.install = install;
  }

  @Override
  public OverlayConfig config() {
    return inForce.get().config();
  }

  @Override
  public PublicKey localKey() {
    return inForce.get().localKey();
  }

  @Override
  public Optional<NetworkRevision> revision() {
    return inForce.get().revision();
  }

  @Override
  public WeftRuntime runtime() {
    return lease.runtime();
  }

  @Override
  public Scheduler queue() {
    return queue;
  }

  @Override
  public TimeSource time() {
    return lease.runtime().time();
  }

  @Override
  public RandomSource random() {
    return lease.runtime().random();
  }

  @Override
  public OverlayDatagrams datagrams() {
    return plane.datagrams();
  }

  @Override
  public Optional<UnderlayDatagrams> underlay() {
    return plane.underlay();
  }

  @Override
  public boolean isUnderlay(InetAddress address) {
    return !inForce.get().desired().reach().contains(address);
  }

  @Override
  public Optional<InetAddress> localAddressTowards(Endpoint endpoint) {
    return plane.localAddressTowards(endpoint);
  }

  @Override
  public void proposeEndpoint(PublicKey peer, EndpointOrigin origin, Endpoint candidate) {
    if (inForce.get().desired().peers().containsKey(peer)) {
      connectLoop.propose(peer, origin, candidate);
    }
  }

  @Override
  public void connectionChanged(PublicKey peer, boolean connected) {
    watch.noteConnected(peer, connected);
  }

  @Override
  public CompletionStage<List<String>> installRevision(NetworkRevision revision) {
    return install.apply(revision);
  }

  @Override
  public void emit(OverlayEvent event) {
    events.publish(event);
  }
}
