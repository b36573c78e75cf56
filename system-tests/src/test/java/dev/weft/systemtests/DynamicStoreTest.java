// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.config.NetworkData;
import dev.weft.overlay.DynamicNetwork;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayEvent;
import dev.weft.overlay.PexConfig;
import dev.weft.peer.PrivateKey;
import dev.weft.pex.InstallOutcome;
import dev.weft.pex.PexControl;
import dev.weft.pex.netdata.SignedNetworkData;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a host of a dynamic network has learned is there again after a restart. */
@Timeout(60)
final class DynamicStoreTest {

  private static final byte[] SEED = new byte[32];

  private final PrivateKey key = PrivateKey.generate();
  private final BlockingQueue<OverlayEvent> events = new LinkedBlockingQueue<>();

  private SignedNetworkData data(long version) {
    NetworkData data =
        new NetworkData(
            NetworkData.Settings.of(0, 3458, 10),
            List.of(NetworkData.Host.builder("self", key.publicKey()).build()),
            List.of());
    return SignedNetworkData.sign(SEED, version, data.toJson());
  }

  private Overlay open(Path directory) {
    DynamicNetwork network = DynamicNetwork.of(data(1).authKey()).withStore(directory).withPort(0);
    OverlayConfig config =
        OverlayConfig.builder("self", key)
            .interfaceConfig(
                InterfaceConfig.builder(key)
                    .bindAddress(InetAddress.ofLiteral("127.0.0.1"))
                    .build())
            .pex(PexConfig.of(network))
            .build();
    Overlay overlay = Overlay.open(config, events::add);
    Meshes.await(overlay.ready());
    return overlay;
  }

  private <T extends OverlayEvent> T await(Class<T> kind) throws InterruptedException {
    while (true) {
      OverlayEvent event = events.poll(10, TimeUnit.SECONDS);
      assertTrue(event != null, "no " + kind.getSimpleName());
      if (kind.isInstance(event)) {
        return kind.cast(event);
      }
    }
  }

  @Test
  void dataSurviveARestart(@TempDir Path directory) throws InterruptedException {
    try (Overlay overlay = open(directory)) {
      PexControl control = overlay.service(PexControl.class).orElseThrow();
      assertInstanceOf(
          InstallOutcome.Installed.class, Meshes.await(control.install(data(7).octets())));
      assertEquals(7, await(OverlayEvent.NetworkDataInstalled.class).version());
    }
    events.clear();

    try (Overlay overlay = open(directory)) {
      assertEquals(7, await(OverlayEvent.NetworkDataInstalled.class).version());
      assertEquals(1, overlay.status().addresses().size());
    }
  }

  @Test
  void aDamagedFileIsToldAndReplacedByNewData(@TempDir Path directory)
      throws InterruptedException, IOException {
    Files.writeString(directory.resolve("self.bin"), "damaged");
    try (Overlay overlay = open(directory)) {
      assertTrue(await(OverlayEvent.Warning.class).text().contains("self.bin"));
      PexControl control = overlay.service(PexControl.class).orElseThrow();
      Meshes.await(control.install(data(7).octets()));
    }
    events.clear();

    try (Overlay overlay = open(directory)) {
      assertEquals(7, await(OverlayEvent.NetworkDataInstalled.class).version());
      assertEquals(1, overlay.status().addresses().size());
    }
  }
}
