// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Passes datagrams of one client on to a server and back, from a port of its own, as a NAT does,
 * and loses, repeats and reorders some of them as its seed says. One thread; thread-safe.
 */
final class Relay implements AutoCloseable {

  private static final int MAX_OCTETS = 65_535;
  private static final int SELECT_MILLIS = 10;
  private static final int BUFFER_OCTETS = 4 << 20;

  /**
   * How bad it is, in per mille of datagrams.
   *
   * @param reordered overtaken by the three that follow
   */
  record Faults(int lost, int repeated, int reordered) {
    static final Faults NONE = new Faults(0, 0, 0);
  }

  /** A datagram that waits, and how many may still overtake it. */
  private record Held(ByteBuffer datagram, int overtakers) {}

  private final Namespace namespace;
  private final Faults faults;
  private final SplittableRandom random;
  private final InetSocketAddress target;
  private final Selector selector;
  private final DatagramChannel front;
  private final Queue<Held> toServer = new ArrayDeque<>();
  private final Queue<Held> toClient = new ArrayDeque<>();
  private final AtomicLong lost = new AtomicLong();
  private final AtomicLong repeated = new AtomicLong();
  private final AtomicLong reordered = new AtomicLong();
  private final ByteBuffer buffer = ByteBuffer.allocate(MAX_OCTETS);
  private final Thread thread;
  private DatagramChannel back;
  private @Nullable SocketAddress client;
  private volatile boolean changing;
  private volatile boolean closed;

  /** Listens on that address, on a free port. */
  Relay(
      Namespace namespace,
      InetSocketAddress listen,
      InetSocketAddress target,
      Faults faults,
      long seed) {
    this.namespace = namespace;
    this.target = target;
    this.faults = faults;
    random = new SplittableRandom(seed);
    try {
      selector = Selector.open();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    front = open(listen);
    back = open(null);
    thread = Thread.ofPlatform().daemon().name("relay").start(this::run);
  }

  private DatagramChannel open(@Nullable InetSocketAddress address) {
    return namespace.call(
        () -> {
          DatagramChannel channel = DatagramChannel.open();
          channel.setOption(java.net.StandardSocketOptions.SO_RCVBUF, BUFFER_OCTETS);
          channel.bind(address);
          channel.configureBlocking(false);
          channel.register(selector, SelectionKey.OP_READ);
          return channel;
        });
  }

  /** Where the client sends to. */
  InetSocketAddress address() {
    try {
      return (InetSocketAddress) front.getLocalAddress();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void run() {
    try {
      while (!closed) {
        int ready = selector.select(SELECT_MILLIS);
        selector.selectedKeys().clear();
        if (changing) {
          changing = false;
          back.close();
          back = open(null);
        }
        drain(true);
        drain(false);
        if (ready == 0) {
          release(toServer, Integer.MAX_VALUE, back, target);
          release(toClient, Integer.MAX_VALUE, front, client);
        }
      }
    } catch (IOException e) {
      if (!closed) {
        throw new AssertionError(e);
      }
    }
  }

  private void drain(boolean isFromClient) throws IOException {
    DatagramChannel from = isFromClient ? front : back;
    while (true) {
      buffer.clear();
      SocketAddress sender = from.receive(buffer);
      if (sender == null) {
        return;
      }
      buffer.flip();
      if (isFromClient) {
        client = sender;
        pass(toServer, back, target);
      } else {
        pass(toClient, front, client);
      }
    }
  }

  private void pass(Queue<Held> held, DatagramChannel to, @Nullable SocketAddress receiver)
      throws IOException {
    int luck = random.nextInt(1000);
    if (luck < faults.lost()) {
      lost.incrementAndGet();
      return;
    }
    luck -= faults.lost();
    if (luck < faults.reordered()) {
      reordered.incrementAndGet();
      held.add(new Held(ByteBuffer.allocate(buffer.remaining()).put(buffer).flip(), 3));
      return;
    }
    luck -= faults.reordered();
    send(to, buffer.duplicate(), receiver);
    if (luck < faults.repeated()) {
      repeated.incrementAndGet();
      send(to, buffer.duplicate(), receiver);
    }
    release(held, 1, to, receiver);
  }

  /** Counts that some overtook those that wait, and sends what has waited enough. */
  private static void release(
      Queue<Held> held, int overtakers, DatagramChannel to, @Nullable SocketAddress receiver)
      throws IOException {
    for (int i = held.size(); i > 0; i--) {
      Held first = held.remove();
      if (first.overtakers() <= overtakers) {
        send(to, first.datagram(), receiver);
      } else {
        held.add(new Held(first.datagram(), first.overtakers() - overtakers));
      }
    }
  }

  private static void send(
      DatagramChannel to, ByteBuffer datagram, @Nullable SocketAddress receiver)
      throws IOException {
    if (receiver != null) {
      int _ = to.send(datagram, receiver);
    }
  }

  /** From now on the server sees another port, and the old one is closed. */
  void changePort() {
    changing = true;
    selector.wakeup();
  }

  long lost() {
    return lost.get();
  }

  long repeated() {
    return repeated.get();
  }

  long reordered() {
    return reordered.get();
  }

  @Override
  public void close() {
    closed = true;
    selector.wakeup();
    try {
      thread.join();
      front.close();
      back.close();
      selector.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
