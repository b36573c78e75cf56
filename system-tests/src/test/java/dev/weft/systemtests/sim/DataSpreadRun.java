// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import dev.weft.config.NetworkData;
import dev.weft.overlay.DynamicNetwork;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.PexConfig;
import dev.weft.peer.PrivateKey;
import dev.weft.pex.PexControl;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.testkit.Latency;
import dev.weft.testkit.LinkConditions;
import dev.weft.testkit.NatKind;
import dev.weft.testkit.SimHost;
import dev.weft.testkit.SimNat;
import dev.weft.testkit.SimNetwork;
import dev.weft.testkit.WireEvent;
import dev.weft.transport.EndpointName;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

/**
 * Measures how signed data reach the hosts of a network, not run by default: {@code
 * -Dtest=DataSpreadRun}. At first only the root has data; the others know the auth key and the
 * root's address, and join all at once. When all have the data and reach their gateway, the root
 * gets a new version.
 *
 * <p>{@code -Dweft.sim.nodes=…} hosts; {@code -Dweft.sim.gateways=…} of them relay for the rest, 0
 * if the root relays for all; {@code -Dweft.sim.nat=true} puts all but the root and the gateways
 * behind one NAT, so behind one IPv4 address.
 */
final class DataSpreadRun {

  private static final int NODES = Integer.getInteger("weft.sim.nodes", 1000);
  private static final int GATEWAYS = Integer.getInteger("weft.sim.gateways", 0);
  private static final boolean NAT = Boolean.getBoolean("weft.sim.nat");
  private static final int KEEPALIVE_SECONDS = 10;
  private static final Duration LIMIT = Duration.ofMinutes(30);
  private static final Duration STEP = Duration.ofMillis(500);
  private static final int IPV4_AND_UDP_HEADERS = 28;

  static {
    System.setProperty("org.slf4j.simpleLogger.log.dev.weft", "error");
  }

  private final SimNetwork network = new SimNetwork(1);
  private final byte[] authSeed = new byte[32];
  private final List<PrivateKey> keys = new ArrayList<>();
  private final List<SimHost> hosts = new ArrayList<>();
  private final List<Overlay> overlays = new ArrayList<>();
  private long octets;

  @Test
  void everyHostGetsTheDataAndThenTheNextOnes() {
    long cpuStart = cpuNanos();
    network.conditions(
        LinkConditions.builder()
            .latency(Latency.uniform(Duration.ofMillis(5), Duration.ofMillis(40)))
            .build());
    network.observe(
        event -> {
          if (event instanceof WireEvent.Sent sent) {
            octets += sent.datagram().length() + IPV4_AND_UDP_HEADERS;
          }
        });
    SimNat nat = network.nat("nat", NatKind.PORT_RESTRICTED, "198.51.100.1");
    for (int i = 0; i < NODES; i++) {
      keys.add(PrivateKey.generate(network.random()));
      hosts.add(
          NAT && i > GATEWAYS
              ? nat.host(name(i), "10.0." + i / 250 + "." + (i % 250 + 1))
              : network.host(name(i), address(i)));
      hosts.getLast().timerJitter(Duration.ofMillis(network.random().nextInt(5)));
    }
    SignedNetworkData first = sign(1);
    tell(
        "%d nodes, %d gateways, %s, %d octets of data"
            .formatted(NODES, GATEWAYS, NAT ? "behind one address" : "public", first.length()));
    for (int i = 0; i < NODES; i++) {
      overlays.add(open(i, first));
    }
    network.runFor(Duration.ofSeconds(1));
    network.await(control(overlays.getFirst()).install(first.octets()), Duration.ofSeconds(5));
    spread("joined", overlay -> status(overlay).acceptedVersion(), 1);
    spread("connected", overlay -> Math.min(1, status(overlay).connectedPeers()), 1);
    tell("CPU %d s".formatted((cpuNanos() - cpuStart) / 1_000_000_000));
    counters();
    network.runFor(Duration.ofSeconds(30));
    octets = 0;
    network.await(control(overlays.getFirst()).install(sign(2).octets()), Duration.ofSeconds(5));
    spread("have version 2", overlay -> status(overlay).acceptedVersion(), 2);
    spread("use version 2", overlay -> status(overlay).version(), 2);
    counters();
    overlays.forEach(Overlay::close);
    tell("CPU %d s".formatted((cpuNanos() - cpuStart) / 1_000_000_000));
  }

  private static String name(int index) {
    return "host" + index;
  }

  private static String address(int index) {
    return "203.0." + index / 250 + "." + (index % 250 + 1);
  }

  private SignedNetworkData sign(long version) {
    List<NetworkData.Host> entries = new ArrayList<>();
    for (int i = 0; i < NODES; i++) {
      NetworkData.Host.Builder entry = NetworkData.Host.builder(name(i), keys.get(i).publicKey());
      if (i <= GATEWAYS) {
        entry.endpoint(address(i));
      } else {
        entry.gateway(name(GATEWAYS == 0 ? 0 : 1 + i % GATEWAYS));
      }
      entries.add(entry.build());
    }
    NetworkData data =
        new NetworkData(
            NetworkData.Settings.of(Member.WIREGUARD_PORT, Member.PEX_PORT, KEEPALIVE_SECONDS),
            entries,
            List.of());
    return SignedNetworkData.sign(authSeed, version, data.toJson());
  }

  private Overlay open(int index, SignedNetworkData data) {
    DynamicNetwork dynamic = DynamicNetwork.of(data.authKey());
    if (index > 0) {
      dynamic =
          dynamic.withConnect(List.of(new EndpointName(address(0), DynamicNetwork.DEFAULT_PORT)));
    }
    return Overlay.open(
        OverlayConfig.builder(name(index), keys.get(index))
            .interfaceConfig(InterfaceConfig.builder(keys.get(index)).build())
            .pex(PexConfig.of(dynamic))
            .build(),
        hosts.get(index).newRuntime());
  }

  private static PexControl control(Overlay overlay) {
    return overlay.service(PexControl.class).orElseThrow();
  }

  private static dev.weft.pex.PexStatus status(Overlay overlay) {
    return control(overlay).status();
  }

  /** Waits until all have a value, and tells when some parts of them had. */
  private void spread(String what, ToLongFunction<Overlay> value, long wanted) {
    Duration start = network.time().elapsed();
    int told = 0;
    while (network.time().elapsed().minus(start).compareTo(LIMIT) < 0) {
      network.runFor(STEP);
      long have = overlays.stream().filter(o -> value.applyAsLong(o) >= wanted).count();
      for (int percent : new int[] {1, 10, 50, 90, 100}) {
        if (percent > told && have * 100 >= (long) percent * NODES) {
          told = percent;
          tell(
              "%d %% %s after %.1f s, %d MB"
                  .formatted(
                      percent,
                      what,
                      network.time().elapsed().minus(start).toMillis() / 1000.0,
                      octets / 1_000_000));
        }
      }
      if (have == NODES) {
        return;
      }
    }
    counters();
    throw new AssertionError("not all " + what);
  }

  private void counters() {
    Map<String, Long> others = new TreeMap<>();
    for (Overlay overlay : overlays.subList(1, NODES)) {
      status(overlay).counters().forEach((name, count) -> others.merge(name, count, Long::sum));
    }
    tell("root: " + new TreeMap<>(status(overlays.getFirst()).counters()));
    tell("others: " + others);
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private void tell(String text) {
    System.out.println("at " + network.time() + ": " + text);
  }
}
