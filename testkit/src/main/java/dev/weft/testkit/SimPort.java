// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.spi.Scheduler;
import dev.weft.spi.UnderlayPort;
import dev.weft.spi.UnderlayPortFactory.Spec;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A socket of a {@link SimHost}. Used by the simulation's thread. */
final class SimPort implements UnderlayPort {

  /** What the simulated system grants at most, as Linux does where it was told to be generous. */
  static final int MAX_BUFFER_OCTETS = 4 << 20;

  private static final int MAX_PAYLOAD = 65507;

  private record Waiting(Datagram datagram, Endpoint source) {}

  private final SimHost host;
  private final SimRuntime runtime;
  private final @Nullable InetAddress bindAddress;
  private final int number;
  private final int bufferOctets;
  private final Scheduler queue;
  private final Handler handler;
  private final ArrayDeque<Waiting> inbox = new ArrayDeque<>();
  private int inboxOctets;
  private boolean draining;
  private boolean closed;

  SimPort(
      SimHost host,
      SimRuntime runtime,
      @Nullable InetAddress bindAddress,
      int number,
      Spec spec,
      Scheduler queue,
      Handler handler) {
    this.host = host;
    this.runtime = runtime;
    this.bindAddress = bindAddress;
    this.number = number;
    this.bufferOctets = Math.min(MAX_BUFFER_OCTETS, spec.socketBufferOctets());
    this.queue = queue;
    this.handler = handler;
  }

  SimRuntime runtime() {
    return runtime;
  }

  @Nullable InetAddress bindAddress() {
    return bindAddress;
  }

  int number() {
    return number;
  }

  @Override
  public Endpoint localEndpoint() {
    return new Endpoint(bindAddress == null ? host.wildcard() : bindAddress, number);
  }

  @Override
  public int receiveBufferOctets() {
    return bufferOctets;
  }

  @Override
  public int sendBufferOctets() {
    return bufferOctets;
  }

  @Override
  public boolean send(PacketBuffer datagram, Endpoint destination) {
    host.network().loop().requireOwner();
    if (!queue.isCurrent()) {
      throw new IllegalStateException("an underlay port is used on the queue it was opened with");
    }
    Optional<InetAddress> source = localAddressTowards(destination);
    if (closed || source.isEmpty() || destination.port() == 0 || datagram.length() > MAX_PAYLOAD) {
      return false;
    }
    host.network()
        .wire()
        .send(host, new Endpoint(source.get(), number), destination, datagram.toByteArray());
    return true;
  }

  @Override
  public Optional<InetAddress> localAddressTowards(Endpoint destination) {
    if (bindAddress == null) {
      return host.sourceFor(destination.address());
    }
    return Optional.of(bindAddress)
        .filter(bound -> bound.getClass() == destination.address().getClass())
        .filter(host::holds)
        .filter(bound -> !bound.isLoopbackAddress() || host.holds(destination.address()));
  }

  /** Takes a datagram that arrived; false if the buffer is full. */
  boolean accept(Datagram datagram, Endpoint source) {
    if (closed || inboxOctets + datagram.length() > bufferOctets) {
      return false;
    }
    inbox.add(new Waiting(datagram, source));
    inboxOctets += datagram.length();
    if (!draining) {
      draining = true;
      queue.execute(this::drain);
    }
    return true;
  }

  private void drain() {
    draining = false;
    boolean any = false;
    while (!closed && !inbox.isEmpty()) {
      Waiting next = inbox.remove();
      inboxOctets -= next.datagram.length();
      byte[] memory = next.datagram.octets().clone();
      PacketBuffer buffer = new PacketBuffer(MemorySegment.ofArray(memory), 0);
      buffer.setLength(memory.length);
      handler.onDatagram(buffer, next.source);
      // Whoever keeps the memory beyond the call reads nonsense from now on.
      Arrays.fill(memory, (byte) 0xdd);
      any = true;
    }
    if (any && !closed) {
      handler.onBatchEnd();
    }
  }

  @Override
  public CompletionStage<Void> close() {
    host.network().loop().requireOwner();
    closed = true;
    inbox.clear();
    host.forget(this);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public String toString() {
    return host + " " + localEndpoint();
  }
}
