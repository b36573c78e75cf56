// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayException;
import dev.weft.overlay.OverlayState;
import dev.weft.overlay.WeftRuntime;
import dev.weft.peer.PrivateKey;
import dev.weft.pex.server.NetworkReport.State;
import dev.weft.transport.Endpoint;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The service on loopback addresses. Directories are looked through when the test says so. */
@Timeout(120)
class PexServerTest {

  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

  @TempDir private Path directory;

  private PexServerConfig.Builder config() {
    return PexServerConfig.builder()
        .directory(directory)
        .bindAddress(LOOPBACK)
        .pexPort(0)
        .rescanInterval(Duration.ofHours(1));
  }

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }

  private PexServer open() {
    PexServer server = PexServer.open(config().build());
    await(server.ready());
    return server;
  }

  private static NetworkReport network(PexServer server, String name) {
    return server.report().networks().stream()
        .filter(network -> network.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static FileReport file(PexServer server, String name) {
    return server.report().files().stream()
        .filter(file -> file.file().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> names(PexServer server) {
    return server.report().networks().stream().map(NetworkReport::name).toList();
  }

  /** Looks again until the network is as it should; states change on the service's own thread. */
  private static void rescanUntil(PexServer server, Predicate<ServerReport> expected) {
    for (int i = 0; i < 10_000; i++) {
      await(server.rescan());
      if (expected.test(server.report())) {
        return;
      }
      Thread.onSpinWait();
    }
    throw new AssertionError("did not happen: " + server.report());
  }

  private static Predicate<ServerReport> running(String name) {
    return report ->
        report.networks().stream()
            .anyMatch(network -> network.name().equals(name) && network.state() == State.RUNNING);
  }

  @Test
  void servesWhatTheDirectoryDefinesAndReportsWhatIsBroken() throws IOException {
    Samples.write(directory.resolve("good.json"), Samples.inline("good", 10));
    Samples.write(directory.resolve("dyn.json"), Samples.dynamic("dyn"));
    Samples.write(
        directory.resolve("broken.json"),
        Samples.inline("broken", 10).replace(Samples.KEY, "not a key"));
    Samples.write(
        directory.resolve("port.json"),
        Samples.inline("port", 10).replace("\"listen_port\": 0", "\"listen_port\": \"many\""));
    Samples.write(directory.resolve("readme.txt"), "no definition");
    try (PexServer server = open()) {
      assertEquals(List.of("dyn", "good"), names(server));
      assertEquals(State.RUNNING, network(server, "good").state());
      assertEquals(State.RUNNING, network(server, "dyn").state());
      assertEquals("/key", file(server, "broken.json").problems().getFirst().location());
      assertEquals("/listen_port", file(server, "port.json").problems().getFirst().location());
      assertEquals(List.of(), file(server, "good.json").problems());
      assertEquals(List.of(), file(server, "good.json").warnings());
      assertTrue(server.report().ready());
    }
  }

  @Test
  void aBrokenNewVersionLeavesTheOldNetworkRunning() throws IOException {
    Path file = directory.resolve("one.json");
    Samples.write(file, Samples.inline("one", 10));
    try (PexServer server = open()) {
      Overlay before = server.overlay("one").orElseThrow();
      Samples.write(file, "{ this is not JSON");
      await(server.rescan());
      assertSame(before, server.overlay("one").orElseThrow());
      assertEquals(OverlayState.RUNNING, before.state());
      assertFalse(file(server, "one.json").problems().isEmpty());
      Samples.write(file, Samples.inline("one", 10));
      await(server.rescan());
      assertTrue(file(server, "one.json").problems().isEmpty());
      assertSame(before, server.overlay("one").orElseThrow());
    }
  }

  @Test
  void aChangeThatARunningOverlayCanTakeLeavesItOpen() throws IOException {
    Path file = directory.resolve("one.json");
    Samples.write(file, Samples.inline("one", 10));
    try (PexServer server = open()) {
      Overlay before = server.overlay("one").orElseThrow();
      int peers = before.status().peers().size();
      Samples.write(
          file,
          Samples.inline("one", 10)
              .replace(
                  "\"hosts\": {",
                  "\"hosts\": {\"third\": {\"key\": \""
                      + PrivateKey.generate().publicKey()
                      + "\"}, "));
      rescanUntil(
          server,
          report -> before.refreshStatus().toCompletableFuture().join().peers().size() > peers);
      assertSame(before, server.overlay("one").orElseThrow());
    }
  }

  @Test
  void anotherPortOpensTheNetworkAnewAndLeavesTheOthersAlone() throws IOException {
    Samples.write(directory.resolve("one.json"), Samples.inline("one", 10));
    Samples.write(directory.resolve("two.json"), Samples.inline("two", 10));
    try (PexServer server = open()) {
      Overlay one = server.overlay("one").orElseThrow();
      Overlay two = server.overlay("two").orElseThrow();
      Samples.write(
          directory.resolve("one.json"),
          Samples.inline("one", 10)
              .replace(
                  "\"listen_port\": 0", "\"listen_port\": 0, \"bind_address\": \"127.0.0.2\""));
      await(server.rescan());
      rescanUntil(server, running("one"));
      assertNotSame(one, server.overlay("one").orElseThrow());
      assertEquals(OverlayState.CLOSED, one.state());
      assertSame(two, server.overlay("two").orElseThrow());
      assertEquals(OverlayState.RUNNING, two.state());
    }
  }

  @Test
  void whatCannotBeOpenedGoesBackToWhatWorked() throws IOException {
    Path file = directory.resolve("one.json");
    Samples.write(file, Samples.inline("one", 10));
    try (PexServer server = open()) {
      // An address that this host does not have. RFC 5737.
      Samples.write(
          file,
          Samples.inline("one", 10)
              .replace(
                  "\"listen_port\": 0", "\"listen_port\": 0, \"bind_address\": \"192.0.2.1\""));
      await(server.rescan());
      rescanUntil(server, running("one"));
      assertFalse(network(server, "one").problems().isEmpty());
      assertTrue(
          network(server, "one").problems().getFirst().message().contains("192.0.2.1"),
          network(server, "one").toString());
    }
  }

  @Test
  void aFileThatGoesTakesItsNetworkWithItAndANameHasOneOwner() throws IOException {
    Samples.write(directory.resolve("b.json"), Samples.inline("same", 10));
    try (PexServer server = open()) {
      Overlay overlay = server.overlay("same").orElseThrow();
      Samples.write(directory.resolve("a.json"), Samples.inline("same", 25));
      await(server.rescan());
      assertEquals("/name", file(server, "a.json").problems().getFirst().location());
      assertSame(overlay, server.overlay("same").orElseThrow());
      assertEquals(List.of("same"), names(server));
      Files.delete(directory.resolve("b.json"));
      await(server.rescan());
      assertEquals(List.of("same"), names(server));
      assertEquals(List.of(), file(server, "a.json").problems());
      Files.delete(directory.resolve("a.json"));
      await(server.rescan());
      assertEquals(List.of(), names(server));
      assertEquals(OverlayState.CLOSED, overlay.state());
    }
  }

  @Test
  void theSixtyFifthNetworkOnAPortIsToldWhy() {
    try (WeftRuntime runtime = WeftRuntime.create();
        PexServer server =
            PexServer.open(PexServerConfig.builder().bindAddress(LOOPBACK).build(), runtime)) {
      await(server.put(embedded("first", 0)));
      await(server.overlay("first").orElseThrow().ready());
      // A port that is free, as far as that can be known.
      int port =
          server
              .overlay("first")
              .orElseThrow()
              .refreshStatus()
              .toCompletableFuture()
              .join()
              .listen()
              .orElseThrow()
              .port();
      assertTrue(await(server.remove("first")));
      for (int i = 0; i < 65; i++) {
        await(server.put(embedded("net-" + i, port)));
      }
      // Which of them comes last is not certain: they are opened on several loops.
      List<NetworkReport> networks = server.report().networks();
      for (int i = 0; i < 100_000 && anyStarting(networks); i++) {
        await(server.remove("no such network"));
        networks = server.report().networks();
      }
      assertEquals(
          64, networks.stream().filter(network -> network.state() == State.RUNNING).count());
      String problems =
          networks.stream()
              .flatMap(network -> network.problems().stream())
              .map(Problem::toString)
              .collect(Collectors.joining());
      assertTrue(problems.contains("64 devices share UDP port " + port), problems);
      assertTrue(problems.contains("another port"), problems);
    }
  }

  private static boolean anyStarting(List<NetworkReport> networks) {
    return networks.stream().anyMatch(network -> network.state() == State.STARTING);
  }

  private static OverlayConfig embedded(String name, int port) {
    PrivateKey key = PrivateKey.generate();
    return OverlayConfig.builder(name, key)
        .interfaceConfig(
            InterfaceConfig.builder(key).listenPort(port).bindAddress(LOOPBACK).build())
        .build();
  }

  @Test
  void theEmbeddersNetworksAndThoseOfFilesDoNotMix() throws IOException {
    Samples.write(directory.resolve("one.json"), Samples.inline("one", 10));
    try (PexServer server = open()) {
      CompletionException refused =
          assertThrows(CompletionException.class, () -> await(server.put(embedded("one", 0))));
      assertTrue(refused.getCause() instanceof OverlayException);
      assertFalse(await(server.remove("one")));
      await(server.put(embedded("two", 0)));
      Samples.write(directory.resolve("two.json"), Samples.inline("two", 10));
      await(server.rescan());
      assertEquals("/name", file(server, "two.json").problems().getFirst().location());
      assertTrue(network(server, "two").file().isEmpty());
    }
  }

  @Test
  void noMoreNetworksThanAllowed() throws IOException {
    for (int i = 0; i < 4; i++) {
      Samples.write(directory.resolve(i + ".json"), Samples.inline("net-" + i, 10));
    }
    try (PexServer server = PexServer.open(config().maxNetworks(2).build())) {
      await(server.ready());
      assertEquals(List.of("net-0", "net-1"), names(server));
      assertTrue(server.report().problems().getFirst().message().contains("more than 2"));
    }
  }

  @Test
  void answersStun() throws IOException {
    try (PexServer server =
            PexServer.open(PexServerConfig.builder().bindAddress(LOOPBACK).stunPort(0).build());
        DatagramSocket socket = new DatagramSocket(0, LOOPBACK)) {
      socket.setSoTimeout(20_000);
      byte[] request = HexFormat.of().parseHex("000100002112a442000102030405060708090a0b");
      socket.send(
          new DatagramPacket(
              request, request.length, server.stun().orElseThrow().toSocketAddress()));
      DatagramPacket answer = new DatagramPacket(new byte[100], 100);
      socket.receive(answer);
      // A success with XOR-MAPPED-ADDRESS: the port is the socket's, with the cookie. RFC 8489
      // §14.2.
      String port = HexFormat.of().toHexDigits((char) (socket.getLocalPort() ^ 0x2112));
      assertEquals(
          "0101000c2112a442000102030405060708090a0b" + "00200008" + "0001" + port + "5e12a443",
          HexFormat.of().formatHex(answer.getData(), 0, answer.getLength()));
      assertEquals(server.stun().orElseThrow().toSocketAddress(), answer.getSocketAddress());
    }
  }

  @Test
  void networksBeyondThoseWithALabelAreSummedUp() {
    try (PexServer server =
        PexServer.open(PexServerConfig.builder().bindAddress(LOOPBACK).build())) {
      for (int i = 0; i < Metrics.MAX_NETWORKS + 2; i++) {
        await(server.put(embedded("net-" + (1_000 + i), 0)));
      }
      for (int i = 0; i < 100_000 && anyStarting(server.report().networks()); i++) {
        await(server.remove("no such network"));
      }
      String metrics = new String(Metrics.of(server), StandardCharsets.UTF_8);
      assertTrue(metrics.contains("\nweft_networks_without_label 2\n"), metrics);
      assertTrue(metrics.contains("\nweft_network_running{network=\"all others\"} 2\n"));
      assertEquals(
          Metrics.MAX_NETWORKS + 1,
          metrics.lines().filter(line -> line.startsWith("weft_sent_bytes_total{")).count());
    }
  }

  @Test
  void aDirectoryThatIsNotThereIsSaidAtOnce() {
    OverlayException failure =
        assertThrows(
            OverlayException.class,
            () -> PexServer.open(config().directory(directory.resolve("none")).build()));
    assertTrue(String.valueOf(failure.getMessage()).contains("none"));
  }

  @Test
  void closingLeavesNoThreadAndNoSocketAndMayBeDoneTwice()
      throws IOException, InterruptedException {
    Samples.write(directory.resolve("one.json"), Samples.inline("one", 10));
    Samples.write(directory.resolve("dyn.json"), Samples.dynamic("dyn"));
    // Once before, so that whatever the platform keeps for good is there already.
    cycle(true);
    long sockets = sockets();
    Set<Thread> before = threads();
    for (int i = 0; i < 10; i++) {
      cycle(i % 2 == 0);
    }
    for (Thread thread : threads()) {
      if (!before.contains(thread)) {
        thread.join(Duration.ofSeconds(20));
        assertFalse(thread.isAlive(), thread.getName());
      }
    }
    assertTrue(sockets() <= sockets, sockets() + " sockets, " + sockets + " before");
  }

  private void cycle(boolean waiting) {
    PexServer server =
        PexServer.open(config().stunPort(0).management(new Endpoint(LOOPBACK, 0)).build());
    if (waiting) {
      await(server.ready());
    }
    server.close();
    server.close();
    assertTrue(server.closed().toCompletableFuture().isDone());
    assertThrows(CompletionException.class, () -> await(server.rescan()));
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("weft"))
        .collect(Collectors.toSet());
  }

  private static long sockets() throws IOException {
    Path descriptors = Path.of("/proc/self/fd");
    Assumptions.assumeTrue(Files.isDirectory(descriptors), "requires linux: no /proc/self/fd");
    try (Stream<Path> list = Files.list(descriptors)) {
      return list.filter(PexServerTest::isSocket).count();
    }
  }

  private static boolean isSocket(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
    } catch (IOException e) {
      // Closed meanwhile.
      return false;
    }
  }
}
