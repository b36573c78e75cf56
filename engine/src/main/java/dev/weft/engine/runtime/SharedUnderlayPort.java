// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine.runtime;

import dev.weft.overlay.UnderlayException;
import dev.weft.spi.RandomSource;
import dev.weft.spi.Scheduler;
import dev.weft.spi.UnderlayBinding;
import dev.weft.spi.UnderlayPort;
import dev.weft.spi.UnderlayPortFactory;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An underlay port with up to {@link #MAX_DEVICES} WireGuard devices on it. Handshake initiations
 * are offered to them by mac1, a keyed hash a device, and so is what is not WireGuard's; responses,
 * cookies and data go by receiver index. Thread-safe: devices of several queues share it, and only
 * then packets are copied from one to another, through a bounded hand-over.
 */
final class SharedUnderlayPort implements UnderlayPort.Handler {

  /** Each initiation costs one keyed hash a device, so their number is bounded. */
  static final int MAX_DEVICES = 64;

  private static final int HANDED_OVER = 1_024;
  private static final int HEAD_ROOM = 16;
  private static final int INITIATION = 1;
  private static final int RESPONSE = 2;
  private static final int TRANSPORT_DATA = 4;

  /** The receiver index follows the type, but in a response the sender's index. WG §5.4. */
  private static final int FIRST_INDEX = 4;

  private static final int SECOND_INDEX = 8;
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final UnderlayPortFactory factory;
  private final UnderlayPortFactory.Spec spec;
  private final Scheduler queue;
  private final RandomSource random;
  private final Runnable onUnused;
  private final List<Binding> bindings = new CopyOnWriteArrayList<>();
  private final Map<Integer, Binding> indices = new ConcurrentHashMap<>();
  private final CompletableFuture<UnderlayPort> opened;
  private volatile @Nullable UnderlayPort port;
  private boolean abandoned;

  SharedUnderlayPort(
      UnderlayPortFactory factory,
      UnderlayPortFactory.Spec spec,
      Scheduler queue,
      RandomSource random,
      Runnable onUnused) {
    this.factory = factory;
    this.spec = spec;
    this.queue = queue;
    this.random = random;
    this.onUnused = onUnused;
    opened =
        factory
            .open(spec, queue, this)
            .thenApply(
                newPort -> {
                  adopt(newPort);
                  return newPort;
                })
            .toCompletableFuture();
  }

  /** Adds a device; empty if the port was left by its last device meanwhile. */
  synchronized Optional<CompletionStage<Share>> join(
      Scheduler userQueue, UnderlayBinding.User user) {
    if (abandoned) {
      return Optional.empty();
    }
    if (bindings.size() >= MAX_DEVICES) {
      return Optional.of(
          CompletableFuture.failedFuture(
              new UnderlayException(
                  MAX_DEVICES
                      + " devices share UDP port "
                      + spec.port()
                      + " already, the most there may be; use another port for more")));
    }
    Binding binding = new Binding(userQueue, user);
    bindings.add(binding);
    CompletableFuture<Share> joined = new CompletableFuture<>();
    CompletionStage<Void> told =
        opened.handle(
            (ready, failure) -> {
              userQueue.execute(() -> binding.joined(joined, failure));
              return null;
            });
    return Optional.of(told.thenCompose(nothing -> joined));
  }

  private synchronized void adopt(UnderlayPort newPort) {
    if (abandoned) {
      newPort.close();
    } else {
      port = newPort;
    }
  }

  private CompletionStage<Void> leave(Binding binding) {
    CompletionStage<Void> released = CompletableFuture.completedFuture(null);
    synchronized (this) {
      if (!bindings.remove(binding)) {
        return released;
      }
      indices.values().removeIf(owner -> owner == binding);
      if (!bindings.isEmpty()) {
        return released;
      }
      abandoned = true;
      UnderlayPort current = port;
      if (current != null) {
        released = current.close();
      }
    }
    // Outside the lock: the table takes its own before ours.
    onUnused.run();
    return released;
  }

  @Override
  public void onDatagram(PacketBuffer datagram, Endpoint source) {
    if (bindings.size() == 1) {
      // A lone device counts its own strays.
      bindings.getFirst().deliver(datagram, source);
      return;
    }
    if (datagram.length() < HEAD_ROOM) {
      return;
    }
    // The type and three reserved octets, which are zero. WG §5.4.
    int type = datagram.segment().get(U32, datagram.offset());
    if (type == INITIATION) {
      toFirstClaiming(datagram, source);
    } else if (type > INITIATION && type <= TRANSPORT_DATA) {
      toOwner(datagram, type == RESPONSE ? SECOND_INDEX : FIRST_INDEX, source);
    } else {
      toAllClaiming(datagram, source);
    }
  }

  private void toFirstClaiming(PacketBuffer initiation, Endpoint source) {
    for (Binding binding : bindings) {
      if (binding.user.claims(initiation)) {
        binding.deliver(initiation, source);
        return;
      }
    }
  }

  private void toOwner(PacketBuffer datagram, int indexOffset, Endpoint source) {
    Binding owner = indices.get(datagram.segment().get(U32, datagram.offset() + indexOffset));
    if (owner != null) {
      owner.deliver(datagram, source);
    }
  }

  /** Several overlays may wait for answers of one server, which only they can tell apart. */
  private void toAllClaiming(PacketBuffer datagram, Endpoint source) {
    for (Binding binding : bindings) {
      if (binding.user.claims(datagram)) {
        binding.deliver(datagram, source);
      }
    }
  }

  @Override
  public void onBatchEnd() {
    for (Binding binding : bindings) {
      if (binding.userQueue.isCurrent()) {
        binding.user.onBatchEnd();
      }
    }
  }

  /** A device's share of one port. */
  interface Share extends UnderlayBinding {

    /** The indices that the device holds. */
    List<Integer> indices();

    /** Takes indices over from another port; those that are taken here are left out. */
    void takeOver(List<Integer> indices);
  }

  private final class Binding implements Share {
    private final Scheduler userQueue;
    private final User user;
    private final AtomicInteger handedOver = new AtomicInteger();
    private volatile boolean closed;

    Binding(Scheduler userQueue, User user) {
      this.userQueue = userQueue;
      this.user = user;
    }

    void joined(CompletableFuture<Share> result, @Nullable Throwable failure) {
      if (failure == null) {
        result.complete(this);
      } else {
        close();
        result.completeExceptionally(failure);
      }
    }

    void deliver(PacketBuffer datagram, Endpoint source) {
      if (userQueue.isCurrent()) {
        user.onDatagram(datagram, source);
        return;
      }
      handOver(
          userQueue,
          datagram,
          copy -> {
            if (!closed) {
              user.onDatagram(copy, source);
              user.onBatchEnd();
            }
          });
    }

    private boolean handOver(Scheduler target, PacketBuffer datagram, Consumer<PacketBuffer> task) {
      if (handedOver.incrementAndGet() > HANDED_OVER) {
        handedOver.decrementAndGet();
        return false;
      }
      PacketBuffer copy = PacketBuffer.allocate(0, datagram.length());
      copy.copyFrom(datagram);
      target.execute(
          () -> {
            handedOver.decrementAndGet();
            task.accept(copy);
          });
      return true;
    }

    @Override
    public Endpoint localEndpoint() {
      return openPort().localEndpoint();
    }

    @Override
    public int receiveBufferOctets() {
      return openPort().receiveBufferOctets();
    }

    @Override
    public int sendBufferOctets() {
      return openPort().sendBufferOctets();
    }

    private UnderlayPort openPort() {
      UnderlayPort current = port;
      if (current == null) {
        throw new IllegalStateException("the port is not open");
      }
      return current;
    }

    @Override
    public int allocateIndex() {
      byte[] octets = new byte[Integer.BYTES];
      while (true) {
        random.nextBytes(octets);
        int index =
            (octets[0] & 0xff)
                | (octets[1] & 0xff) << 8
                | (octets[2] & 0xff) << 16
                | (octets[3] & 0xff) << 24;
        if (indices.putIfAbsent(index, this) == null) {
          return index;
        }
      }
    }

    @Override
    public List<Integer> indices() {
      return indices.entrySet().stream()
          .filter(entry -> entry.getValue() == this)
          .map(Map.Entry::getKey)
          .toList();
    }

    @Override
    public void takeOver(List<Integer> taken) {
      taken.forEach(index -> indices.putIfAbsent(index, this));
    }

    @Override
    public void releaseIndex(int index) {
      indices.remove(index, this);
    }

    @Override
    public boolean send(PacketBuffer datagram, Endpoint destination) {
      UnderlayPort current = port;
      if (closed || current == null) {
        return false;
      }
      if (queue.isCurrent()) {
        return current.send(datagram, destination);
      }
      return handOver(queue, datagram, copy -> current.send(copy, destination));
    }

    @Override
    public Optional<InetAddress> localAddressTowards(Endpoint destination) {
      UnderlayPort current = port;
      return current == null ? Optional.empty() : current.localAddressTowards(destination);
    }

    @Override
    public CompletionStage<Void> rebind() {
      UnderlayPort before = port;
      CompletionStage<Void> released =
          before == null ? CompletableFuture.completedFuture(null) : before.close();
      CompletableFuture<Void> done = new CompletableFuture<>();
      released
          .thenCompose(nothing -> factory.open(spec, queue, SharedUnderlayPort.this))
          .whenComplete(
              (newPort, failure) -> {
                if (failure == null) {
                  adopt(newPort);
                }
                userQueue.execute(
                    () -> {
                      if (failure == null) {
                        done.complete(null);
                      } else {
                        done.completeExceptionally(failure);
                      }
                    });
              });
      return done;
    }

    @Override
    public CompletionStage<Void> close() {
      closed = true;
      return leave(this);
    }
  }
}
