// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests;

import dev.weft.crypto.Ed25519;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PeerId;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.EndpointNotify;
import dev.weft.pex.message.EndpointPortNotify;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponseNoData;
import dev.weft.pex.node.EgressBudget;
import dev.weft.transport.Endpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Somebody who sends forged external messages as fast as a thread can, from addresses that did not
 * ask for what they get: one, from which most of them come, and others of 127/8. Another thread
 * receives what comes back to these. Messages of a pseudo-random series: in a hundred 60 requests
 * in a member's name, 10 replays, 5 claims of newer data, 10 notifications, and garbage.
 */
final class PexFlood implements AutoCloseable {

  private static final int OTHERS = 32;
  private static final int UDP_OVERHEAD = EgressBudget.OVERHEAD_OCTETS;
  private static final int INITIATION_OCTETS = 148;
  private static final long REKEY_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final int RECEIVE_BUFFER = 4 << 20;

  /** An address that is attacked by way of the node, and what it got. */
  private static final class Victim {
    private final DatagramChannel channel;
    private final AtomicLong octets = new AtomicLong();
    private final AtomicLong datagrams = new AtomicLong();

    Victim(String address) throws IOException {
      channel = DatagramChannel.open();
      channel.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER);
      channel.bind(new InetSocketAddress(InetAddress.ofLiteral(address), 0));
      channel.configureBlocking(false);
    }
  }

  private final AuthKey authKey;
  private final InetSocketAddress target;
  private final List<PeerId> ids;
  private final int least;
  private final List<Victim> victims = new ArrayList<>();
  private final Selector selector;
  private final Random random = new Random(1);
  private final Thread sender = new Thread(this::send, "flood-sender");
  private final Thread receiver = new Thread(this::receive, "flood-receiver");
  private volatile boolean finishing;
  private volatile boolean closed;
  private final AtomicInteger sent = new AtomicInteger();
  private volatile long startNanos;
  private volatile long endNanos;

  PexFlood(byte[] authSeed, Endpoint target, List<PublicKey> members, int least)
      throws IOException {
    authKey = AuthKey.of(Ed25519.publicKey(authSeed));
    this.target = new InetSocketAddress(target.address(), target.port());
    ids = members.stream().map(PublicKey::peerId).toList();
    this.least = least;
    selector = Selector.open();
    victims.add(new Victim("127.0.2.1"));
    for (int i = 0; i < OTHERS; i++) {
      victims.add(new Victim("127." + (1 + i % 200) + ".0." + (1 + i)));
    }
    for (Victim victim : victims) {
      victim.channel.register(selector, SelectionKey.OP_READ, victim);
    }
  }

  void start() {
    startNanos = System.nanoTime();
    receiver.start();
    sender.start();
  }

  boolean isRunning() {
    return sender.isAlive();
  }

  int sent() {
    return sent.get();
  }

  /** How long ago it began; at least 1. */
  int seconds() {
    return 1 + (int) TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startNanos);
  }

  /** Ends the flood when it has sent what it must. */
  void finish() throws InterruptedException {
    finishing = true;
    sender.join();
    endNanos = System.nanoTime();
  }

  private void send() {
    ByteBuffer last = request();
    try {
      while (!closed && (!finishing || sent.get() < least)) {
        int dice = random.nextInt(100);
        Victim from = victims.getFirst();
        ByteBuffer datagram;
        if (dice < 60) {
          datagram = last = request();
        } else if (dice < 70) {
          datagram = last; // a replay, and not always from where it came
          from = other();
        } else if (dice < 75) {
          datagram = encode(stranger(), new UpdateRequest(random.nextLong(), 0));
        } else if (dice < 80) {
          // Whoever claims newer data is asked for them.
          datagram = encode(member(), new UpdateRequest(random.nextLong(), Long.MAX_VALUE));
          from = other();
        } else if (dice < 85) {
          datagram = encode(member(), new EndpointNotify());
          from = other();
        } else if (dice < 90) {
          datagram = encode(member(), new EndpointPortNotify(1 + random.nextInt(65535)));
          from = other();
        } else if (dice < 93) {
          datagram = encode(stranger(), new UpdateResponseNoData(random.nextLong(), 9));
        } else if (dice < 96) {
          datagram = encode(member(), new UpdateRequest(random.nextLong(), 0));
          datagram.put(random.nextInt(20), (byte) random.nextInt()); // a header or nonce
        } else {
          byte[] garbage = new byte[random.nextInt(1200)];
          random.nextBytes(garbage);
          datagram = ByteBuffer.wrap(garbage);
          from = other();
        }
        from.channel.send(datagram.duplicate(), target);
        var _ = sent.incrementAndGet();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ByteBuffer request() {
    return encode(member(), new UpdateRequest(random.nextLong(), 0));
  }

  private ByteBuffer encode(PeerId sender, PexMessage message) {
    return ExternalCodec.encode(new ExternalDatagram(sender, random.nextLong(), message), authKey);
  }

  private PeerId member() {
    return ids.get(random.nextInt(ids.size()));
  }

  private PeerId stranger() {
    return new PeerId(random.nextLong());
  }

  private Victim other() {
    return victims.get(1 + random.nextInt(OTHERS));
  }

  private void receive() {
    ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    try {
      while (!closed) {
        selector.select(
            key -> {
              Victim victim = (Victim) key.attachment();
              try {
                while (victim.channel.receive(buffer.clear()) != null) {
                  var _ = victim.octets.addAndGet(buffer.position());
                  var _ = victim.datagrams.incrementAndGet();
                }
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            },
            100);
      }
    } catch (ClosedSelectorException over) {
      // As is the flood.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Addresses that got more than they may: what the budget of their prefix gives in that time, and
   * for each member without a session a handshake initiation in 5 s, since a notification is a hint
   * where it is (PEX §9.3).
   */
  List<String> aboveTheBound(int members) {
    long elapsed = System.nanoTime() - startNanos;
    double periods = 1 + (double) elapsed / EgressBudget.PREFIX_PERIOD.toNanos();
    long bound =
        (long) (EgressBudget.PREFIX_OCTETS * periods)
            + (1 + elapsed / REKEY_TIMEOUT_NANOS) * members * (INITIATION_OCTETS + UDP_OVERHEAD);
    List<String> above = new ArrayList<>();
    for (Victim victim : victims) {
      long octets = victim.octets.get() + victim.datagrams.get() * UDP_OVERHEAD;
      if (octets > bound) {
        above.add(victim.channel.socket().getLocalSocketAddress() + ": " + octets + " of " + bound);
      }
    }
    return above;
  }

  /** What was sent and what came back. */
  String summary() {
    long others = victims.stream().skip(1).mapToLong(victim -> victim.octets.get()).sum();
    return "%d datagrams in %d ms; %d octets in %d datagrams to the first, %d octets to %d others"
        .formatted(
            sent.get(),
            TimeUnit.NANOSECONDS.toMillis(endNanos - startNanos),
            victims.getFirst().octets.get(),
            victims.getFirst().datagrams.get(),
            others,
            OTHERS);
  }

  @Override
  public void close() throws IOException {
    closed = true;
    try {
      sender.join();
      receiver.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    selector.close();
    for (Victim victim : victims) {
      victim.channel.close();
    }
  }
}
