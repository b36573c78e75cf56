// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.pex.stun.ExternalEndpoint;
import dev.weft.pex.stun.PortDetector;
import dev.weft.pex.stun.PortDetectorEffect;
import dev.weft.spi.OverlayServiceContext;
import dev.weft.spi.UnderlayDatagrams;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/**
 * Gives a {@link PortDetector} the WireGuard port, names and time. Does nothing on a data plane
 * that does not share its port. Belongs to the overlay's queue. Source: PEX §10.
 */
final class PortDetection implements UnderlayDatagrams.Handler {

  /** What comes later than this after the last request is no answer. */
  private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final OverlayServiceContext context;
  private final PortDetector detector;
  private final DeadlineTimer timer;
  private final Optional<UnderlayDatagrams> port;
  private volatile boolean waiting;
  private volatile long waitingUntilNanos;
  private boolean closed;

  PortDetection(OverlayServiceContext context) {
    this.context = context;
    detector = new PortDetector(context.random());
    timer = new DeadlineTimer(context.queue(), context.time(), this::onDeadline);
    port = context.underlay();
    port.ifPresent(shared -> shared.receive(this));
  }

  /**
   * A revision is in force.
   *
   * @param connectedToPexPeer whether a peer may soon tell the port
   */
  void load(List<EndpointName> servers, boolean connectedToPexPeer) {
    Optional<Endpoint> local = port.flatMap(UnderlayDatagrams::localEndpoint);
    if (local.isPresent()) {
      carryOut(detector.load(servers, local.get().port(), connectedToPexPeer, nowNanos()));
    }
  }

  /** A peer told the own port. */
  void onPortFromPeer(int externalPort) {
    detector.onPortFromPeer(externalPort);
  }

  /** The own WireGuard port as somebody at a destination sees it, as far as known. */
  OptionalInt externalPortTowards(Endpoint destination) {
    return detector.externalPortTowards(destination);
  }

  /** Whether the port is known, so that no peer needs to be asked for it. */
  boolean isPortKnown() {
    return detector.isPortKnown();
  }

  /** What STUN servers told. */
  List<Endpoint> externalEndpoints() {
    return detector.externalEndpoints().stream().map(ExternalEndpoint::endpoint).toList();
  }

  @Override
  public boolean claims(ByteBuffer datagram) {
    return waiting && nowNanos() - waitingUntilNanos < 0 && PortDetector.claims(datagram);
  }

  @Override
  public void onDatagram(ByteBuffer datagram, Endpoint source) {
    if (!closed) {
      carryOut(detector.onDatagram(datagram, source, nowNanos()));
    }
  }

  private void onDeadline() {
    carryOut(detector.onDeadline(nowNanos()));
  }

  private void carryOut(List<PortDetectorEffect> effects) {
    for (PortDetectorEffect effect : effects) {
      switch (effect) {
        case PortDetectorEffect.Resolve(EndpointName server) -> resolve(server);
        case PortDetectorEffect.SendFromWireGuardPort(Endpoint server, ByteBuffer datagram) -> {
          if (context.isUnderlay(server.address())) {
            waitingUntilNanos = nowNanos() + ANSWER_NANOS;
            waiting = true;
            port.ifPresent(shared -> shared.send(datagram, server));
          }
        }
        case PortDetectorEffect.ExternalEndpointChanged changed -> {
          // Status and notifications read it from the detector.
        }
      }
    }
    timer.set(detector.nextDeadlineNanos());
  }

  private void resolve(EndpointName server) {
    var _ =
        context
            .runtime()
            .resolver()
            .resolve(server.host())
            .whenComplete(
                (addresses, failure) ->
                    context
                        .queue()
                        .execute(
                            () -> onResolved(server, failure == null ? addresses : List.of())));
  }

  private void onResolved(EndpointName server, List<InetAddress> addresses) {
    if (!closed) {
      carryOut(detector.onResolved(server, addresses, nowNanos()));
    }
  }

  private long nowNanos() {
    return context.time().nanoTime();
  }

  void close() {
    closed = true;
    timer.close();
  }
}
