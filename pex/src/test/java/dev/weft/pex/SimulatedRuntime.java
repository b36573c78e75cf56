// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.overlay.WeftRuntime;
import dev.weft.spi.EndpointResolver;
import dev.weft.spi.RandomSource;
import dev.weft.spi.Scheduler;
import dev.weft.spi.TimeSource;
import dev.weft.spi.UnderlayPort;
import dev.weft.spi.UnderlayPortFactory;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

/**
 * A runtime whose time is that of a recording: the clock moves to each task as it becomes due, and
 * what leaves its one underlay socket goes to the test.
 */
final class SimulatedRuntime implements WeftRuntime {

  private record Task(long atNanos, long order, Runnable action) {}

  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparingLong(Task::atNanos).thenComparingLong(Task::order));
  private final BiConsumer<Endpoint, ByteBuffer> sent;
  private final Random random = new Random(1);
  private long nowNanos;
  private long order;
  private Optional<UnderlayPort.Handler> handler = Optional.empty();
  private Endpoint socket = new Endpoint(InetAddress.ofLiteral("0.0.0.0"), 1);
  private boolean closed;

  /**
   * A runtime at a time.
   *
   * @param sent takes what leaves the underlay socket
   */
  SimulatedRuntime(long nowNanos, BiConsumer<Endpoint, ByteBuffer> sent) {
    this.nowNanos = nowNanos;
    this.sent = sent;
  }

  private final Scheduler queue =
      new Scheduler() {
        @Override
        public void execute(Runnable task) {
          at(nowNanos, task);
        }

        @Override
        public Cancellable schedule(long delayNanos, Runnable task) {
          Task scheduled = new Task(nowNanos + Math.max(0, delayNanos), order++, task);
          tasks.add(scheduled);
          return () -> tasks.remove(scheduled);
        }

        @Override
        public boolean isCurrent() {
          return true;
        }
      };

  long nowNanos() {
    return nowNanos;
  }

  /** Has something happen at a time, or now if that has passed. */
  void at(long atNanos, Runnable task) {
    tasks.add(new Task(Math.max(nowNanos, atNanos), order++, task));
  }

  /** Lets everything happen until a time. */
  void runUntil(long endNanos) {
    while (!tasks.isEmpty() && tasks.peek().atNanos() <= endNanos) {
      Task task = tasks.remove();
      nowNanos = task.atNanos();
      task.action().run();
    }
  }

  /** A datagram arrives at the socket, if there is one. */
  void deliver(ByteBuffer datagram, Endpoint source) {
    byte[] octets = new byte[datagram.remaining()];
    datagram.duplicate().get(octets);
    PacketBuffer packet = PacketBuffer.allocate(0, octets.length);
    packet.copyFrom(octets, 0, octets.length);
    handler.ifPresent(open -> open.onDatagram(packet, source));
  }

  @Override
  public Scheduler newQueue() {
    return queue;
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
        random.nextBytes(target);
      }

      @Override
      public int nextInt(int bound) {
        return random.nextInt(bound);
      }
    };
  }

  @Override
  public EndpointResolver resolver() {
    return host -> CompletableFuture.completedFuture(List.of(InetAddress.ofLiteral(host)));
  }

  @Override
  public UnderlayPortFactory underlayPorts() {
    return (spec, owner, receiver) -> {
      CompletableFuture<UnderlayPort> opened = new CompletableFuture<>();
      owner.execute(
          () -> {
            socket = new Endpoint(socket.address(), spec.port());
            handler = Optional.of(receiver);
            opened.complete(new Port());
          });
      return opened;
    };
  }

  private final class Port implements UnderlayPort {
    @Override
    public Endpoint localEndpoint() {
      return socket;
    }

    @Override
    public int receiveBufferOctets() {
      return 0;
    }

    @Override
    public int sendBufferOctets() {
      return 0;
    }

    @Override
    public boolean send(PacketBuffer datagram, Endpoint destination) {
      sent.accept(destination, ByteBuffer.wrap(datagram.toByteArray()));
      return true;
    }

    @Override
    public Optional<InetAddress> localAddressTowards(Endpoint destination) {
      return Optional.empty();
    }

    @Override
    public CompletionStage<Void> close() {
      handler = Optional.empty();
      return CompletableFuture.completedFuture(null);
    }
  }

  @Override
  public boolean isRuntimeThread() {
    return true;
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    closed = true;
    tasks.clear();
  }
}
