// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.transport;

import dev.weft.overlay.OverlayClosedException;
import dev.weft.overlay.WeftRuntime;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.node.EgressBudget;
import dev.weft.spi.Scheduler;
import dev.weft.spi.UnderlayPort;
import dev.weft.spi.UnderlayPortFactory;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The UDP port of external PEX, which all dynamic networks of a runtime share that name the same
 * address and port: datagrams are told apart by auth id, and handed to the network's queue.
 * Thread-safe. Source: PEX §1, §5.
 *
 * <p>Nothing is kept of a datagram that belongs to no network here, and datagrams of no more than
 * {@value #MAX_WAITING_OCTETS} octets wait for any one network, and as many of any one to be sent.
 */
public final class ExternalPort {

  static final int MAX_WAITING_OCTETS = 1 << 20;
  private static final int OCTETS_PER_TASK = 128;
  private static final int SOCKET_BUFFER_OCTETS = 1 << 20;

  private static final Map<Key, ExternalPort> PORTS = new HashMap<>();

  private static final Map<WeftRuntime, EgressBudget> BUDGETS = new WeakHashMap<>();

  private record Key(WeftRuntime runtime, Optional<InetAddress> bindAddress, int port) {}

  /** A network's share. */
  public interface User {

    /** The network's name. */
    String name();

    /** Its queue, on which it is called. */
    Scheduler queue();

    /**
     * A datagram with the network's auth id, or one of an enrolment.
     *
     * @param datagram read-only; valid until return
     * @param source who sent it, or says so
     */
    void onDatagram(ByteBuffer datagram, Endpoint source);
  }

  private final Key key;
  private final Scheduler queue;
  private final CompletableFuture<UnderlayPort> opened;
  private final Map<Long, List<Membership>> byAuthId = new ConcurrentHashMap<>();
  private final List<Membership> enrolling = new CopyOnWriteArrayList<>();
  private final AtomicLong strays = new AtomicLong();
  private int members;

  private ExternalPort(Key key) {
    this.key = key;
    queue = key.runtime().newQueue();
    opened =
        key.runtime()
            .underlayPorts()
            .open(
                new UnderlayPortFactory.Spec(key.bindAddress(), key.port(), SOCKET_BUFFER_OCTETS),
                queue,
                this::receive)
            .toCompletableFuture();
  }

  /** What all networks of a runtime together may send to whom outside of the tunnel. */
  public static EgressBudget budget(WeftRuntime runtime) {
    synchronized (BUDGETS) {
      return BUDGETS.computeIfAbsent(runtime, key -> new EgressBudget(key.random()));
    }
  }

  /**
   * Joins the port of a runtime, opening it for its first network.
   *
   * @param bindAddress the local address; absent for all
   * @param port 0 for one of its own
   * @param authId by which the network's datagrams are known
   * @return completed on the user's queue; exceptionally with {@link
   *     dev.weft.overlay.UnderlayException} if the port cannot be had
   */
  public static CompletionStage<Membership> join(
      WeftRuntime runtime, Optional<InetAddress> bindAddress, int port, long authId, User user) {
    Membership membership;
    synchronized (PORTS) {
      // Whoever closes a runtime under its overlays must not keep both for ever.
      PORTS.keySet().removeIf(known -> known.runtime().isClosed());
      Key key = new Key(runtime, bindAddress, port);
      ExternalPort shared = port == 0 ? null : PORTS.get(key);
      if (shared == null) {
        shared = new ExternalPort(key);
        if (port != 0) {
          PORTS.put(key, shared);
        }
      }
      membership = shared.new Membership(authId, user);
      shared.members++;
    }
    return membership.await();
  }

  private void receive(PacketBuffer datagram, Endpoint source) {
    ByteBuffer octets =
        datagram
            .segment()
            .asSlice(datagram.offset(), datagram.length())
            .asByteBuffer()
            .asReadOnlyBuffer();
    if (ExternalCodec.isEnroll(octets)) {
      enrolling.forEach(member -> member.deliver(octets, source));
      return;
    }
    OptionalLong authId = ExternalCodec.authId(octets);
    List<Membership> networks =
        authId.isPresent() ? byAuthId.getOrDefault(authId.getAsLong(), List.of()) : List.of();
    if (networks.isEmpty()) {
      strays.incrementAndGet();
      return;
    }
    // Of several networks with one key the first in name order. PEX §5.
    networks.getFirst().deliver(octets, source);
  }

  private CompletionStage<Void> leave(Membership member) {
    byAuthId.computeIfPresent(
        member.authId,
        (id, networks) -> {
          List<Membership> list = networks.stream().filter(other -> other != member).toList();
          return list.isEmpty() ? null : list;
        });
    enrolling.remove(member);
    synchronized (PORTS) {
      if (--members > 0) {
        return CompletableFuture.completedFuture(null);
      }
      PORTS.remove(key, this);
    }
    return opened.thenCompose(UnderlayPort::close).exceptionally(notOpened -> null);
  }

  /** A network's membership. {@link #send} is thread-safe, as is everything else. */
  public final class Membership {

    private final long authId;
    private final User user;
    private final AtomicInteger incoming = new AtomicInteger();
    private final AtomicInteger outgoing = new AtomicInteger();
    private final AtomicLong overruns = new AtomicLong();
    private volatile boolean closed;

    private Membership(long authId, User user) {
      this.authId = authId;
      this.user = user;
      byAuthId.compute(
          authId,
          (id, networks) -> {
            List<Membership> list = new ArrayList<>(networks == null ? List.of() : networks);
            list.add(this);
            list.sort(Comparator.comparing(member -> member.user.name()));
            return List.copyOf(list);
          });
    }

    private CompletionStage<Membership> await() {
      CompletableFuture<Membership> joined = new CompletableFuture<>();
      var _ =
          opened.whenComplete(
              (port, failure) ->
                  user.queue()
                      .execute(
                          () -> {
                            if (failure == null && !closed) {
                              joined.complete(this);
                            } else {
                              close();
                              joined.completeExceptionally(
                                  failure == null
                                      ? new OverlayClosedException("the port was left")
                                      : failure);
                            }
                          }));
      return joined;
    }

    /** The local address and port. */
    public Endpoint localEndpoint() {
      return opened.join().localEndpoint();
    }

    /** Datagrams for this network that were dropped since too many waited. */
    public long overruns() {
      return overruns.get();
    }

    /** Datagrams on this port that belong to no network here. */
    public long strays() {
      return strays.get();
    }

    /** Whether enrolment messages, which name no network, come here too. */
    public void setEnrolling(boolean on) {
      enrolling.remove(this);
      if (on && !closed) {
        enrolling.add(this);
      }
    }

    /**
     * Sends a datagram. Never blocks; the datagram is copied before return.
     *
     * @return false if it was dropped at once
     */
    public boolean send(ByteBuffer datagram, Endpoint destination) {
      if (closed) {
        return false;
      }
      PacketBuffer copy = copyOf(datagram);
      if (queue.isCurrent()) {
        return opened.join().send(copy, destination);
      }
      return handOver(queue, outgoing, copy.length(), () -> opened.join().send(copy, destination));
    }

    private void deliver(ByteBuffer datagram, Endpoint source) {
      if (closed) {
        return;
      }
      if (user.queue().isCurrent()) {
        user.onDatagram(datagram.duplicate(), source);
        return;
      }
      byte[] copy = new byte[datagram.remaining()];
      datagram.duplicate().get(copy);
      handOver(
          user.queue(),
          incoming,
          copy.length,
          () -> {
            if (!closed) {
              user.onDatagram(ByteBuffer.wrap(copy).asReadOnlyBuffer(), source);
            }
          });
    }

    private boolean handOver(Scheduler target, AtomicInteger waiting, int octets, Runnable task) {
      int cost = octets + OCTETS_PER_TASK;
      if (waiting.addAndGet(cost) > MAX_WAITING_OCTETS) {
        waiting.addAndGet(-cost);
        overruns.incrementAndGet();
        return false;
      }
      target.execute(
          () -> {
            waiting.addAndGet(-cost);
            task.run();
          });
      return true;
    }

    /**
     * Leaves the port, which is closed with its last network. Idempotent.
     *
     * @return completed when that is done
     */
    public CompletionStage<Void> close() {
      synchronized (this) {
        if (closed) {
          return CompletableFuture.completedFuture(null);
        }
        closed = true;
      }
      return leave(this);
    }
  }

  private static PacketBuffer copyOf(ByteBuffer datagram) {
    byte[] octets = new byte[datagram.remaining()];
    datagram.duplicate().get(octets);
    PacketBuffer copy = PacketBuffer.allocate(0, octets.length);
    copy.copyFrom(octets, 0, octets.length);
    return copy;
  }
}
