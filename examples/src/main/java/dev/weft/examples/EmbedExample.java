// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import dev.weft.config.OpenWifiDocument;
import dev.weft.config.OpenWifiDocument.Options;
import dev.weft.overlay.Overlay;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** The few lines that put a node of an overlay into a Java program. */
@Command(
    name = "embed",
    description = "The README's five lines: a node in a Java program, which pings the root node.",
    mixinStandardHelpOptions = true)
final class EmbedExample implements Callable<Integer> {

  @Override
  public Integer call() throws IOException {
    String rootDocument = Files.readString(Samples.openwifi("root"));
    Options onLoopback = Options.bindTo(InetAddress.ofLiteral("127.0.0.1"));
    try (Overlay root =
        Overlay.open(OpenWifiDocument.parse(rootDocument).toOverlayConfig(onLoopback))) {
      root.ready().toCompletableFuture().join();
      embed(
          Samples.openwifi("ap1"),
          InetAddress.ofLiteral("127.0.0.2"),
          InetAddress.ofLiteral("192.168.3.1"));
    }
    return Examples.OK;
  }

  private static void embed(Path file, InetAddress listen, InetAddress root) throws IOException {
    // snippet
    var config =
        OpenWifiDocument.parse(Files.readString(file)).toOverlayConfig(Options.bindTo(listen));
    try (Overlay overlay = Overlay.open(config)) {
      overlay.ready().toCompletableFuture().join();
      Duration rtt = overlay.ping(root, Duration.ofSeconds(10)).toCompletableFuture().join();
      System.out.println("the root node answered in " + rtt.toNanos() / 1_000 + " µs");
    }
    // snippet
  }
}
