// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.overlay.DatagramException;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayEvent;
import dev.weft.overlay.WeftRuntime;
import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PublicKey;
import dev.weft.spi.OverlayDatagrams;
import dev.weft.spi.OverlayServiceContext;
import dev.weft.spi.RandomSource;
import dev.weft.spi.Scheduler;
import dev.weft.spi.TimeSource;
import dev.weft.spi.UnderlayDatagrams;
import dev.weft.transport.DatagramEndpoint;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * An overlay without engine and plane: keeps what a service does, and gives it what a test says.
 */
class FakeServiceContext implements OverlayServiceContext, OverlayDatagrams {

  private static final Scheduler NO_TIMERS =
      new Scheduler() {
        @Override
        public void execute(Runnable task) {
          throw new UnsupportedOperationException("the service needs no tasks of its own");
        }

        @Override
        public Cancellable schedule(long delayNanos, Runnable task) {
          throw new UnsupportedOperationException("the service needs no timers of its own");
        }

        @Override
        public boolean isCurrent() {
          return true;
        }
      };

  /** A datagram the service sent. */
  record Sent(long atNanos, Endpoint destination, ByteBuffer payload) {}

  /** A candidate the service offered. */
  record Proposal(PublicKey peer, EndpointOrigin origin, Endpoint candidate) {}

  /** A transition the service told of. */
  record Transition(PublicKey peer, boolean connected) {}

  long nowNanos;
  PublicKey localKey;
  OverlayConfig config;
  Optional<InetAddress> localAddress = Optional.empty();
  boolean refusesBinding;
  boolean refusesSending;

  final List<Sent> sent = new ArrayList<>();
  final List<Proposal> proposals = new ArrayList<>();
  final List<Transition> transitions = new ArrayList<>();
  final List<OverlayEvent> events = new ArrayList<>();
  final Map<Endpoint, DatagramEndpoint.Handler> sockets = new HashMap<>();

  FakeServiceContext(PublicKey localKey, OverlayConfig config) {
    this.localKey = localKey;
    this.config = config;
  }

  /** Hands a datagram to the socket at an address, as the tunnel would. */
  void deliver(ByteBuffer payload, Endpoint source, Endpoint destination) {
    DatagramEndpoint.Handler handler = sockets.get(destination);
    if (handler != null) {
      handler.onDatagram(payload.asReadOnlyBuffer(), source);
    }
  }

  /** Takes what the service sends in the tunnel. */
  void onSent(Sent datagram) {
    sent.add(datagram);
  }

  /** What the service said in words, in order. */
  List<String> texts(boolean outgoing) {
    return events.stream()
        .filter(OverlayEvent.ServiceMessage.class::isInstance)
        .map(OverlayEvent.ServiceMessage.class::cast)
        .filter(message -> message.outgoing() == outgoing)
        .map(message -> message.peerName() + " " + message.text())
        .toList();
  }

  @Override
  public OverlayConfig config() {
    return config;
  }

  @Override
  public PublicKey localKey() {
    return localKey;
  }

  @Override
  public Optional<NetworkRevision> revision() {
    return config.network();
  }

  @Override
  public Scheduler queue() {
    return NO_TIMERS;
  }

  @Override
  public TimeSource time() {
    return new TimeSource() {
      @Override
      public long nanoTime() {
        return nowNanos;
      }

      @Override
      public Instant wallClock() {
        return Instant.ofEpochSecond(0, nowNanos);
      }
    };
  }

  @Override
  public RandomSource random() {
    return new RandomSource() {
      @Override
      public void nextBytes(byte[] target) {
        Arrays.fill(target, (byte) 0);
      }

      @Override
      public int nextInt(int bound) {
        return 0;
      }
    };
  }

  @Override
  public OverlayDatagrams datagrams() {
    return this;
  }

  @Override
  public DatagramEndpoint bind(InetAddress address, int port, DatagramEndpoint.Handler handler) {
    Endpoint local = new Endpoint(address, port);
    if (refusesBinding || sockets.putIfAbsent(local, handler) != null) {
      throw new DatagramException(local + " is taken");
    }
    return new DatagramEndpoint() {
      @Override
      public Endpoint localEndpoint() {
        return local;
      }

      @Override
      public boolean send(ByteBuffer payload, Endpoint destination) {
        if (refusesSending) {
          return false;
        }
        byte[] octets = new byte[payload.remaining()];
        payload.get(octets);
        onSent(new Sent(time().nanoTime(), destination, ByteBuffer.wrap(octets)));
        return true;
      }

      @Override
      public void close() {
        sockets.remove(local, handler);
      }
    };
  }

  @Override
  public Optional<InetAddress> localAddressTowards(Endpoint endpoint) {
    return localAddress;
  }

  @Override
  public void proposeEndpoint(PublicKey peer, EndpointOrigin origin, Endpoint candidate) {
    proposals.add(new Proposal(peer, origin, candidate));
  }

  @Override
  public void connectionChanged(PublicKey peer, boolean connected) {
    transitions.add(new Transition(peer, connected));
  }

  @Override
  public CompletionStage<List<String>> installRevision(NetworkRevision revision) {
    throw new UnsupportedOperationException("the service installs no revision");
  }

  @Override
  public WeftRuntime runtime() {
    throw new UnsupportedOperationException("the service opens nothing of its own");
  }

  @Override
  public Optional<UnderlayDatagrams> underlay() {
    return Optional.empty();
  }

  @Override
  public boolean isUnderlay(InetAddress address) {
    return true;
  }

  @Override
  public void emit(OverlayEvent event) {
    events.add(event);
  }
}
