// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine.runtime;

import dev.weft.spi.UnderlayPort;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.nio.NioIoHandle;
import io.netty.channel.nio.NioIoOps;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A UDP socket on an event loop. It reads and writes the JDK's channel itself, through the loop's
 * own packet memory: no object is made per datagram of a steady flow. Owned by its loop.
 */
final class NettyUnderlayPort implements UnderlayPort {

  private static final Logger LOG = LoggerFactory.getLogger(NettyUnderlayPort.class);

  /** After so many datagrams the loop serves its other sockets and tasks. */
  private static final int BATCH = 64;

  private final DatagramChannel channel;
  private final Loop loop;
  private final Handler handler;
  private final Endpoint localEndpoint;
  private final int receiveBufferOctets;
  private final int sendBufferOctets;
  private volatile @Nullable IoRegistration registration;
  private final AtomicBoolean releasing = new AtomicBoolean();
  private final CompletableFuture<Void> released = new CompletableFuture<>();
  private volatile boolean closed;

  // The JDK hands out the same address object while one sender goes on; so do we.
  private @Nullable SocketAddress lastSource;
  private @Nullable Endpoint lastSourceEndpoint;
  private @Nullable Endpoint lastDestination;
  private @Nullable InetSocketAddress lastDestinationAddress;

  NettyUnderlayPort(DatagramChannel channel, Loop loop, Handler handler) {
    this.channel = channel;
    this.loop = loop;
    this.handler = handler;
    try {
      localEndpoint = Endpoint.of((InetSocketAddress) channel.getLocalAddress());
      receiveBufferOctets = channel.getOption(StandardSocketOptions.SO_RCVBUF);
      sendBufferOctets = channel.getOption(StandardSocketOptions.SO_SNDBUF);
    } catch (IOException e) {
      throw new IllegalStateException("a bound socket has no address", e);
    }
  }

  void start(IoRegistration newRegistration) {
    registration = newRegistration;
    if (closed) {
      newRegistration.cancel();
    } else {
      newRegistration.submit(NioIoOps.READ);
    }
  }

  /** What the event loop knows of this port. */
  NioIoHandle handle() {
    return new NioIoHandle() {
      @Override
      public SelectableChannel selectableChannel() {
        return channel;
      }

      @Override
      public void handle(IoRegistration ready, IoEvent event) {
        receiveBatch();
      }

      // The loop ends.
      @Override
      public void close() {
        closed = true;
        closeChannel();
        released.complete(null);
      }
    };
  }

  private void receiveBatch() {
    ByteBuffer buffer = loop.receiveBuffer();
    MemorySegment memory = MemorySegment.ofBuffer(buffer.clear());
    PacketBuffer datagram = new PacketBuffer(memory, 0);
    for (int i = 0; i < BATCH && !closed; i++) {
      SocketAddress source = receive(buffer.clear());
      if (source == null) {
        break;
      }
      datagram.set(0, buffer.position());
      deliver(datagram, endpointOf(source));
    }
    try {
      handler.onBatchEnd();
    } catch (RuntimeException e) {
      loop.tellDefect("the end of a batch failed", e);
    }
  }

  private @Nullable SocketAddress receive(ByteBuffer buffer) {
    try {
      return channel.receive(buffer);
    } catch (PortUnreachableException e) {
      // Says something about an earlier send; the socket goes on.
      return null;
    } catch (ClosedChannelException e) {
      return null;
    } catch (IOException e) {
      LOG.debug("receiving on {} failed", localEndpoint, e);
      return null;
    }
  }

  private void deliver(PacketBuffer datagram, Endpoint source) {
    try {
      handler.onDatagram(datagram, source);
    } catch (RuntimeException e) {
      // Whatever a stranger sent must not end the loop.
      loop.tellDefect("a datagram of " + datagram.length() + " octets could not be handled", e);
    }
  }

  private Endpoint endpointOf(SocketAddress source) {
    Endpoint known = lastSourceEndpoint;
    if (known != null && source.equals(lastSource)) {
      return known;
    }
    Endpoint endpoint = Endpoint.of((InetSocketAddress) source);
    lastSource = source;
    lastSourceEndpoint = endpoint;
    return endpoint;
  }

  @Override
  public Endpoint localEndpoint() {
    return localEndpoint;
  }

  @Override
  public int receiveBufferOctets() {
    return receiveBufferOctets;
  }

  @Override
  public int sendBufferOctets() {
    return sendBufferOctets;
  }

  @Override
  public boolean send(PacketBuffer datagram, Endpoint destination) {
    if (closed || datagram.length() > Loop.DATAGRAM_OCTETS || destination.port() == 0) {
      return false;
    }
    ByteBuffer buffer = loop.sendBuffer().clear();
    MemorySegment.copy(
        datagram.segment(),
        datagram.offset(),
        MemorySegment.ofBuffer(buffer),
        0,
        datagram.length());
    buffer.limit(datagram.length());
    try {
      return channel.send(buffer, addressOf(destination)) > 0 || datagram.length() == 0;
    } catch (IOException | IllegalArgumentException e) {
      // No route, a family the socket does not have, too long: as if the network had lost it.
      LOG.trace("sending to {} failed", destination, e);
      return false;
    }
  }

  private InetSocketAddress addressOf(Endpoint destination) {
    InetSocketAddress known = lastDestinationAddress;
    if (known != null && destination.equals(lastDestination)) {
      return known;
    }
    InetSocketAddress address = destination.toSocketAddress();
    lastDestination = destination;
    lastDestinationAddress = address;
    return address;
  }

  @Override
  public Optional<InetAddress> localAddressTowards(Endpoint destination) {
    if (!localEndpoint.address().isAnyLocalAddress()) {
      return Optional.of(localEndpoint.address());
    }
    if (destination.port() == 0) {
      return Optional.empty();
    }
    // Connecting a UDP socket sends nothing; it asks the routing table.
    try (DatagramChannel probe = DatagramChannel.open()) {
      probe.connect(destination.toSocketAddress());
      InetAddress address = ((InetSocketAddress) probe.getLocalAddress()).getAddress();
      return address.isAnyLocalAddress() ? Optional.empty() : Optional.of(address);
    } catch (IOException | RuntimeException e) {
      LOG.debug("no route to {}", destination, e);
      return Optional.empty();
    }
  }

  /**
   * The system's socket is released only when the loop's selector has let go of it, which it does
   * when it next selects.
   */
  @Override
  public CompletionStage<Void> close() {
    closed = true;
    if (releasing.compareAndSet(false, true)) {
      loop.execute(this::release);
      if (loop.eventLoop().isShuttingDown()) {
        released.complete(null);
      }
    }
    return released.minimalCompletionStage();
  }

  private void release() {
    IoRegistration current = registration;
    if (current != null) {
      current.cancel();
    }
    closeChannel();
    loop.schedule(1, () -> loop.schedule(1, () -> released.complete(null)));
  }

  private void closeChannel() {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("closing {} failed", localEndpoint, e);
    }
  }
}
