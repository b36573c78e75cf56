// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests;

import dev.weft.config.NetworkData;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.PexConfig;
import dev.weft.peer.PrivateKey;
import java.net.InetAddress;
import java.time.Duration;

/** A program that opens an overlay with PEX and pings itself; run in a JVM of its own. */
public final class StartUpProgram {

  private StartUpProgram() {}

  /** Prints the plane and the answer. */
  public static void main(String[] args) {
    PrivateKey key = PrivateKey.generate();
    String json =
        "{\"config\":{\"port\":3456,\"peer-exchange-port\":3458,\"keepalive\":10},\"hosts\":{\"me\":{\"key\":\""
            + key.publicKey()
            + "\"}}}";
    NetworkRevision revision = NetworkData.parse(json).toRevision(0);
    InterfaceConfig local =
        InterfaceConfig.builder(key)
            .bindAddress(InetAddress.getLoopbackAddress())
            .listenPort(0)
            .build();
    OverlayConfig config =
        OverlayConfig.builder("start-up", key)
            .interfaceConfig(local)
            .network(revision)
            .pex(PexConfig.defaults())
            .build();
    try (Overlay overlay = Overlay.open(config)) {
      overlay.ready().toCompletableFuture().join();
      System.out.println("plane " + overlay.status().dataPlane().orElse("none"));
      InetAddress own = overlay.status().addresses().getFirst().address();
      Duration time = overlay.ping(own, Duration.ofSeconds(5)).toCompletableFuture().join();
      System.out.println("answered in " + time);
    }
  }
}
