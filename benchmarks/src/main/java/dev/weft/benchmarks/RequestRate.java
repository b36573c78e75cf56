// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks;

import dev.weft.config.NetworkData;
import dev.weft.peer.PeerId;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.MalformedMessageException;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.node.EgressBudget;
import dev.weft.pex.node.ExchangeEffect;
import dev.weft.pex.node.LocalState;
import dev.weft.pex.node.NetworkDataExchange;
import dev.weft.pex.node.PexCounter;
import dev.weft.pex.node.PexCounters;
import dev.weft.pex.node.PexNetwork;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.function.LongFunction;

/**
 * How many UPDATE_REQUESTs from outside of the tunnel a thread works off in a second of CPU time:
 * from octets to octets, without the kernel. The exchange's own time passes as fast as its limits
 * need, so that they refuse nobody but in the row that says so. To make a request is part of it.
 */
final class RequestRate {

  private static final int HOSTS = 1000;
  private static final Duration WARM_UP = Duration.ofSeconds(1);
  private static final Duration MEASURED = Duration.ofSeconds(2);
  private static final long VERSION = 100;

  private final RandomSource random = new Pseudo();
  private final Networks networks = new Networks();
  private final PrivateKey own = networks.privateKey();
  private final List<PublicKey> keys;
  private final SignedNetworkData data;
  private final PexCounters counters = new PexCounters();
  private final NetworkDataExchange exchange;
  private long nowNanos = 1_000_000_000L;
  private long sentOctets;
  private long nonce;

  private RequestRate(int hosts) {
    keys = networks.keys(own, hosts);
    NetworkData document = Networks.document(keys);
    data = SignedNetworkData.sign(networks.octets(32), VERSION, document.toJson());
    exchange =
        new NetworkDataExchange(
            own, data.authKey(), random, new Alone(), new EgressBudget(random), counters);
    exchange.load(
        new PexNetwork(
            own.publicKey(), document.toRevision(VERSION, own.publicKey()), Set.of(), false),
        Optional.of(data),
        0,
        nowNanos);
  }

  static void print() {
    System.out.println("| Request | Answer | In a second | Octets each |");
    System.out.println("| --- | --- | ---: | ---: |");
    RequestRate large = new RequestRate(HOSTS);
    long tenMillis = 10_000_000;
    large.measure("a member's, same version", "NO_DATA, port", tenMillis, large::sameVersion);
    large.measure("a stranger's", "REFUSED", 200_000_000, large::stranger);
    large.measure("a member's, above 10 a second", "none", 0, i -> large.from(1, VERSION));
    large.measure("a replay", "none", tenMillis, large.replays());
    large.measure("of another network", "none", tenMillis, large::garbage);
    large.measure("a member's, version 0", HOSTS + " hosts", 200_000_000, large::noData);
    RequestRate small = new RequestRate(10);
    small.measure("a member's, version 0", "10 hosts", 200_000_000, small::noData);
  }

  private void measure(
      String request, String answer, long pauseNanos, LongFunction<ByteBuffer> requests) {
    run(WARM_UP, pauseNanos, requests);
    long octets = sentOctets;
    long unsent = counters.get(PexCounter.UNSENT_FOR_BUDGET);
    long start = cpu();
    long count = run(MEASURED, pauseNanos, requests);
    double seconds = (cpu() - start) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %,.0f | %,d |%s%n",
        request,
        answer,
        count / seconds,
        (sentOctets - octets) / count,
        counters.get(PexCounter.UNSENT_FOR_BUDGET) > unsent ? " some refused for budget" : "");
  }

  private long run(Duration cpuTime, long pauseNanos, LongFunction<ByteBuffer> requests) {
    long end = cpu() + cpuTime.toNanos();
    long count = 0;
    while (cpu() < end) {
      for (int i = 0; i < 100; i++) {
        nowNanos += pauseNanos;
        receive(requests.apply(count), source(count));
        count++;
        while (exchange.transfers() > 0) {
          OptionalLong due = exchange.nextDeadlineNanos();
          nowNanos = Math.max(nowNanos, due.orElse(nowNanos));
          send(exchange.onDeadline(nowNanos));
        }
      }
    }
    return count;
  }

  private void receive(ByteBuffer datagram, Endpoint source) {
    if (ExternalCodec.authId(datagram).orElse(0) != data.authKey().id()) {
      return;
    }
    try {
      send(exchange.onExternal(ExternalCodec.decode(datagram, data.authKey()), source, nowNanos));
    } catch (MalformedMessageException e) {
      counters.countMalformed(e.reason());
    }
  }

  private void send(List<ExchangeEffect> effects) {
    for (ExchangeEffect effect : effects) {
      if (effect instanceof ExchangeEffect.SendExternal(Endpoint to, ExternalDatagram datagram)) {
        sentOctets += ExternalCodec.encode(datagram, data.authKey()).remaining();
      }
    }
  }

  private ByteBuffer sameVersion(long index) {
    return from(1 + (int) (index % (keys.size() - 1)), VERSION);
  }

  private ByteBuffer noData(long index) {
    return from(1 + (int) (index % (keys.size() - 1)), 0);
  }

  private ByteBuffer stranger(long index) {
    return request(new PeerId(~index), 0);
  }

  private LongFunction<ByteBuffer> replays() {
    ByteBuffer one = from(1, VERSION);
    return index -> one.duplicate();
  }

  private ByteBuffer garbage(long index) {
    return ByteBuffer.allocate(44);
  }

  private ByteBuffer from(int host, long version) {
    return request(keys.get(host).peerId(), version);
  }

  private ByteBuffer request(PeerId sender, long version) {
    long number = ++nonce;
    return ExternalCodec.encode(
        new ExternalDatagram(sender, number, new UpdateRequest(number, version)), data.authKey());
  }

  private static Endpoint source(long index) {
    try {
      byte[] octets = {10, (byte) (index >> 16), (byte) (index >> 8), (byte) index};
      return new Endpoint(InetAddress.getByAddress(octets), 40_000);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long cpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /** A host without sessions. */
  private static final class Alone implements LocalState {
    @Override
    public boolean isConnected(PublicKey peer) {
      return false;
    }

    @Override
    public OptionalInt externalPort() {
      return OptionalInt.empty();
    }

    @Override
    public int port() {
      return 51820;
    }
  }

  /** Fast, and the same each time: what randomness costs is the kernel's. */
  private static final class Pseudo implements RandomSource {
    private final Random random = new Random(2);

    @Override
    public void nextBytes(byte[] target) {
      random.nextBytes(target);
    }

    @Override
    public int nextInt(int bound) {
      return random.nextInt(bound);
    }
  }
}
