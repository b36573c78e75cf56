// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks;

import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.PexConfig;
import dev.weft.overlay.WeftRuntime;
import dev.weft.peer.PrivateKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Octets of heap for each host that a process knows, by what is left after collection: overlays
 * with the engine, the userspace data plane and PEX, whose data come from a file. Nobody answers,
 * and each is suspended as soon as it runs, so that the ticks of those that are open do not delay
 * the next; what they hold stays.
 */
final class HostHeap {

  private static final int FIRST_PORT = 22_000;
  private static final int OVERLAYS_ON_A_PORT = 64;
  private static final int COLLECTIONS = 4;
  private static final long PAUSE_MILLIS = 300;

  private HostHeap() {}

  static void print(int networks, int hosts) throws InterruptedException {
    Networks keys = new Networks();
    WeftRuntime runtime = WeftRuntime.create();
    List<Overlay> overlays = new ArrayList<>();
    open(keys, "warm-up", 10, overlays, runtime);
    long before = used();
    for (int i = 0; i < networks; i++) {
      open(keys, "network" + i, hosts, overlays, runtime);
    }
    long octets = used() - before;
    System.out.printf(
        Locale.ROOT,
        "| %,d | %,d | %.0f MB | %,d | %,d |%n",
        networks,
        hosts,
        octets / 1e6,
        octets / ((long) networks * hosts),
        octets / networks);
    overlays.forEach(Overlay::close);
  }

  /** As many overlays as may share a WireGuard port do. */
  private static void open(
      Networks keys, String name, int hosts, List<Overlay> overlays, WeftRuntime runtime) {
    PrivateKey own = keys.privateKey();
    Overlay overlay =
        Overlay.open(
            OverlayConfig.builder(name, own)
                .interfaceConfig(
                    InterfaceConfig.builder(own)
                        .listenPort(FIRST_PORT + overlays.size() / OVERLAYS_ON_A_PORT)
                        .build())
                .network(Networks.document(keys.keys(own, hosts)).toRevision(1, own.publicKey()))
                .pex(PexConfig.defaults())
                .build(),
            runtime);
    overlay.ready().toCompletableFuture().join();
    overlay.suspend().toCompletableFuture().join();
    overlays.add(overlay);
  }

  private static long used() throws InterruptedException {
    Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
      Thread.sleep(PAUSE_MILLIS);
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
