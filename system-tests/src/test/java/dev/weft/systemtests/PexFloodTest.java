// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.config.NetworkData;
import dev.weft.overlay.DynamicNetwork;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayEvent;
import dev.weft.overlay.OverlayListener;
import dev.weft.overlay.PexConfig;
import dev.weft.overlay.WeftRuntime;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.InstallOutcome;
import dev.weft.pex.PexControl;
import dev.weft.pex.PexStatus;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whoever knows a network's auth key and its members can forge everything outside of the tunnel
 * (PEX §20). Here somebody does so, 200,000 times and as fast as he can, against a member that
 * everybody asks: those who are attacked get no more than the stated bound, members go on, and a
 * new one gets the data, although its id is among those that are forged.
 */
@Timeout(120)
class PexFloodTest {

  private static final int DATAGRAMS = 200_000;
  private static final int ABSENT_MEMBERS = 40;
  private static final int LIMIT_SECONDS = 40;

  /** What tables, sessions and counters may grow by; the flood is 10 MB and more. */
  private static final long HEAP_MARGIN_OCTETS = 4 << 20;

  /** Lines and events of all nodes together, for sessions and data; one a datagram is 200,000. */
  private static final int MOST_LINES = 50;

  private final byte[] authSeed = new byte[32];
  private final List<PublicKey> absent = new ArrayList<>();
  private final Member root = new Member("root", "127.0.1.1");
  private final Member alice = new Member("alice", "127.0.1.2");
  private final Member bob = new Member("bob", "127.0.1.3");
  private final Member carol = new Member("carol", "127.0.1.4");
  private final List<Member> members = List.of(root, alice, bob, carol);

  /** A host of the network, and what happened at it. */
  private static final class Member implements OverlayListener {
    private final String name;
    private final PrivateKey key = PrivateKey.generate();
    private final InetAddress address;
    private final Map<String, Integer> events = new TreeMap<>();
    private final List<Overlay> overlay = new ArrayList<>();

    Member(String name, String address) {
      this.name = name;
      this.address = InetAddress.ofLiteral(address);
    }

    @Override
    public synchronized void onEvent(OverlayEvent event) {
      events.merge(event.getClass().getSimpleName(), 1, Integer::sum);
    }

    synchronized int events(Class<? extends OverlayEvent> kind) {
      return events.getOrDefault(kind.getSimpleName(), 0);
    }

    Overlay overlay() {
      return overlay.getFirst();
    }

    PexControl control() {
      return overlay().service(PexControl.class).orElseThrow();
    }

    PexStatus status() {
      return control().status();
    }
  }

  /** On loopback the node is as fast as the flood, so what it drops it drops by its own rules. */
  @Test
  void aFloodOfForgedMessagesHurtsNobody() throws Exception {
    Arrays.fill(authSeed, (byte) 7);
    for (int i = 0; i < ABSENT_MEMBERS; i++) {
      absent.add(PrivateKey.generate().publicKey());
    }
    try (WeftRuntime runtime = WeftRuntime.create()) {
      try {
        open(root, List.of(), runtime);
        install(1);
        await(() -> root.status().externalPort().isPresent(), "root has its port");
        Endpoint port = root.status().externalPort().orElseThrow();
        List<EndpointName> ask =
            List.of(new EndpointName(root.address.getHostAddress(), port.port()));
        open(alice, ask, runtime);
        open(bob, ask, runtime);
        await(() -> has(1, alice, bob) && pings(alice, root) && pings(bob, root), "members talk");
        long heapBefore = heap();
        try (PexFlood flood = new PexFlood(authSeed, port, forgedIds(), DATAGRAMS)) {
          ByteArrayOutputStream log = captureLog(() -> attack(flood, ask, runtime));
          judge(flood, log.toString(StandardCharsets.UTF_8));
        }
        // What is remembered about strangers is forgotten or small by itself; nothing is closed
        // here.
        long grown = heap() - heapBefore;
        assertTrue(grown < HEAP_MARGIN_OCTETS, () -> "the heap grew by " + grown);
      } finally {
        for (Member member : members) {
          member.overlay.forEach(Overlay::close);
        }
      }
    }
  }

  /** What the honest do while the flood goes on. */
  private void attack(PexFlood flood, List<EndpointName> ask, WeftRuntime runtime)
      throws InterruptedException {
    flood.start();
    open(carol, ask, runtime);
    await(() -> has(1, carol), "carol joins");
    assertTrue(flood.isRunning(), "carol joined during the flood");
    install(2);
    await(() -> has(2, alice, bob, carol), "version 2 spreads");
    await(() -> pings(alice, root) && pings(bob, root), "alice and bob still reach root");
    assertTrue(flood.isRunning(), "all that was during the flood");
    flood.finish();
    await(() -> pings(carol, root) && pings(alice, bob), "everybody is connected");
  }

  private void judge(PexFlood flood, String log) {
    PexStatus status = root.status();
    int peers = ABSENT_MEMBERS + members.size();
    System.out.println(flood.summary() + "; root: " + status.counters());
    assertTrue(flood.sent() >= DATAGRAMS, () -> flood.sent() + " datagrams");
    assertTrue(
        status.counters().getOrDefault("unsent-for-budget", 0L) > 0, "the budget was used up");
    assertTrue(
        status.counters().getOrDefault("dropped-requests", 0L) > 0, "requests were too many");
    assertTrue(status.counters().getOrDefault("dropped-replays", 0L) > 0, "replays were seen");
    assertEquals(List.of(), flood.aboveTheBound(peers));
    assertTrue(status.pexHosts() <= 128 + members.size(), () -> status.pexHosts() + " hosts");
    for (Member member : members) {
      assertEquals(0, member.events(OverlayEvent.Warning.class), () -> member.events.toString());
      // Once a second for each peer without a session, whose candidates are tried in turn.
      assertTrue(
          member.events(OverlayEvent.EndpointChanged.class) <= peers * flood.seconds(),
          member.events::toString);
    }
    assertTrue(log.lines().count() < MOST_LINES, () -> log);
    assertFalse(log.contains("WARN") || log.contains("ERROR"), () -> log);
  }

  private List<PublicKey> forgedIds() {
    List<PublicKey> ids = new ArrayList<>(absent);
    ids.add(alice.key.publicKey());
    ids.add(bob.key.publicKey());
    ids.add(carol.key.publicKey());
    return ids;
  }

  private void open(Member member, List<EndpointName> ask, WeftRuntime runtime) {
    DynamicNetwork network = DynamicNetwork.of(sign(1).authKey()).withPort(0).withConnect(ask);
    member.overlay.add(
        Overlay.open(
            OverlayConfig.builder(member.name, member.key)
                .interfaceConfig(
                    InterfaceConfig.builder(member.key)
                        .bindAddress(member.address)
                        .listenPort(0)
                        .build())
                .pex(PexConfig.of(network))
                .build(),
            runtime,
            member));
    Meshes.await(member.overlay().ready());
  }

  private SignedNetworkData sign(long version) {
    List<NetworkData.Host> hosts = new ArrayList<>();
    for (Member member : members) {
      NetworkData.Host.Builder host = NetworkData.Host.builder(member.name, member.key.publicKey());
      if (member == root && !root.overlay.isEmpty()) {
        int port = root.overlay().status().listen().orElseThrow().port();
        host.endpoint(root.address.getHostAddress() + ":" + port);
      }
      hosts.add(host.build());
    }
    for (int i = 0; i < absent.size(); i++) {
      hosts.add(NetworkData.Host.builder("absent" + i, absent.get(i)).build());
    }
    NetworkData data = new NetworkData(NetworkData.Settings.of(3456, 3458, 10), hosts, List.of());
    return SignedNetworkData.sign(authSeed, version, data.toJson());
  }

  private void install(long version) {
    assertInstanceOf(
        InstallOutcome.Installed.class,
        Meshes.await(root.control().install(sign(version).octets())));
  }

  private static boolean has(long version, Member... some) {
    return Arrays.stream(some).allMatch(member -> member.status().acceptedVersion() >= version);
  }

  private static boolean pings(Member from, Member to) {
    InetAddress target = to.overlay().status().addresses().getFirst().address();
    try {
      from.overlay()
          .ping(target, Duration.ofSeconds(2))
          .toCompletableFuture()
          .get(5, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException noAnswer) {
      return false;
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /** Status is published once a second, so it is looked at again and again, with a bound. */
  private static void await(BooleanSupplier condition, String what) throws InterruptedException {
    Semaphore never = new Semaphore(0);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (!condition.getAsBoolean()) {
      assertTrue(end - System.nanoTime() > 0, () -> "not within the limit: " + what);
      assertFalse(never.tryAcquire(100, TimeUnit.MILLISECONDS));
    }
  }

  private interface Body {
    void run() throws InterruptedException;
  }

  /** What is logged meanwhile. */
  private static ByteArrayOutputStream captureLog(Body body) throws InterruptedException {
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      body.run();
    } finally {
      System.setErr(before);
    }
    return log;
  }

  private static long heap() {
    Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
