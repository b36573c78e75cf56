// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests;

import static dev.weft.systemtests.Meshes.LOOPBACK;
import static dev.weft.systemtests.Meshes.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.DynamicNetwork;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayEvent;
import dev.weft.overlay.PexConfig;
import dev.weft.overlay.WeftRuntime;
import dev.weft.peer.PeerId;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.InstallOutcome;
import dev.weft.pex.PexControl;
import dev.weft.pex.message.Chunk;
import dev.weft.pex.message.EndpointPortNotify;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.node.EgressBudget;
import dev.weft.pex.server.PexServer;
import dev.weft.pex.server.PexServerConfig;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A service under a flood of forged requests, with honest hosts beside it. The forged source is an
 * address of this host, so that what is sent there can be counted. PEX §20.
 */
@Timeout(240)
class PexServerFloodTest {

  private static final int FORGED = 200_000;
  private static final int BATCH = 100;
  private static final InetAddress FORGED_SOURCE = InetAddress.ofLiteral("127.0.0.66");
  private static final byte[] SEED = new byte[32];
  private static final long FIRST = 1_700_000_000L;
  private static final long SECOND = FIRST + 1;

  /** What the heap may have grown by: caches and tables that are bounded, and noise. */
  private static final long HEAP_OCTETS = 16 << 20;

  private final PrivateKey serverKey = PrivateKey.generate();
  private final PrivateKey oneKey = PrivateKey.generate();
  private final PrivateKey twoKey = PrivateKey.generate();
  private final PublicKey absent = PrivateKey.generate().publicKey();
  private final Random random = new Random(20_261_122);

  private SignedNetworkData data(int port, long version) {
    String json =
        """
        {"config": {"port": %d, "keepalive": 5, "peer-exchange-port": 51831},
         "padding": "%s",
         "hosts": {
           "server": {"key": "%s", "endpoint": "127.0.0.1:%d"},
           "one": {"key": "%s", "port": 0},
           "two": {"key": "%s", "port": 0},
           "absent": {"key": "%s"}}}"""
            .formatted(
                port,
                "x".repeat(60_000),
                serverKey.publicKey(),
                port,
                oneKey.publicKey(),
                twoKey.publicKey(),
                absent);
    return SignedNetworkData.sign(SEED, version, json);
  }

  private static OverlayConfig config(
      PrivateKey key, String address, int port, DynamicNetwork network) {
    return OverlayConfig.builder("net", key)
        .interfaceConfig(
            InterfaceConfig.builder(key)
                .bindAddress(InetAddress.ofLiteral(address))
                .listenPort(port)
                .build())
        .pex(PexConfig.of(network))
        .build();
  }

  private static DynamicNetwork network(SignedNetworkData data) {
    return DynamicNetwork.of(data.authKey()).withPort(0);
  }

  private static PexControl pex(Overlay overlay) {
    return overlay.service(PexControl.class).orElseThrow();
  }

  private static int freePort() throws IOException {
    try (DatagramChannel channel = DatagramChannel.open()) {
      channel.bind(new InetSocketAddress(LOOPBACK, 0));
      return ((InetSocketAddress) channel.getLocalAddress()).getPort();
    }
  }

  /** Waits until data of a version are in force. */
  private static void awaitVersion(Overlay overlay, long version) {
    CompletableFuture<Void> installed = new CompletableFuture<>();
    Runnable remove =
        overlay.addListener(
            event -> {
              if (event instanceof OverlayEvent.NetworkDataInstalled data
                  && data.version() == version) {
                installed.complete(null);
              }
            });
    if (await(overlay.refreshStatus()).revision() != version) {
      await(installed);
    }
    remove.run();
  }

  private static long usedHeap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    Runtime jvm = Runtime.getRuntime();
    return jvm.totalMemory() - jvm.freeMemory();
  }

  private ByteBuffer forged(int number, SignedNetworkData data) {
    PeerId member = absent.peerId();
    byte[] octets = new byte[PeerId.LENGTH];
    random.nextBytes(octets);
    PeerId stranger = PeerId.of(octets);
    PexMessage message =
        switch (number % 8) {
          case 0, 1, 2, 3 -> new UpdateRequest(random.nextLong(), 0);
          case 4 -> new UpdateRequest(random.nextLong(), FIRST);
          case 5 -> new UpdateRequest(random.nextLong(), Long.MAX_VALUE);
          case 6 -> new EndpointPortNotify(1 + random.nextInt(65_535));
          default -> new UpdateResponse(random.nextLong(), 131_072, absent, Chunk.of(new byte[64]));
        };
    PeerId sender = number % 16 < 12 ? member : stranger;
    return ExternalCodec.encode(
        new ExternalDatagram(sender, random.nextLong(), message), data.authKey());
  }

  /** Octets of UDP payload, headers not counted, that arrived so far. */
  private static long drain(DatagramChannel channel, ByteBuffer buffer) throws IOException {
    long octets = 0;
    while (channel.receive(buffer.clear()) != null) {
      octets += buffer.position();
    }
    return octets;
  }

  @Test
  void twoHundredThousandForgedRequestsHarmNobody() throws IOException {
    int port = freePort();
    SignedNetworkData first = data(port, FIRST);
    try (WeftRuntime runtime = WeftRuntime.create();
        PexServer server =
            PexServer.open(PexServerConfig.builder().bindAddress(LOOPBACK).build(), runtime);
        DatagramChannel attacker = DatagramChannel.open()) {
      await(server.put(config(serverKey, "127.0.0.1", port, network(first))));
      Overlay served = server.overlay("net").orElseThrow();
      await(served.ready());
      assertInstanceOf(
          InstallOutcome.Installed.class, await(server.install("net", first.octets())));
      await(served.refreshStatus());
      Endpoint external = externalPort(served);
      DynamicNetwork asking = network(first).withConnect(List.of(EndpointName.of(external)));

      try (Overlay one = Overlay.open(config(oneKey, "127.0.0.2", 0, asking), runtime)) {
        await(one.ready());
        awaitVersion(one, FIRST);
        attacker.setOption(StandardSocketOptions.SO_RCVBUF, 4 << 20);
        attacker.bind(new InetSocketAddress(FORGED_SOURCE, 0));
        attacker.configureBlocking(false);

        long heap = usedHeap();
        long began = System.nanoTime();
        long sent = flood(served, attacker, external, first, 0, FORGED / 2);
        // Amid the flood: newer data, and a host that has none yet.
        SignedNetworkData second = data(port, SECOND);
        assertInstanceOf(
            InstallOutcome.Installed.class, await(server.install("net", second.octets())));
        try (Overlay two = Overlay.open(config(twoKey, "127.0.0.3", 0, asking), runtime)) {
          sent += flood(served, attacker, external, first, FORGED / 2, FORGED);
          awaitVersion(one, SECOND);
          awaitVersion(two, SECOND);
          await(one.ping(serverAddress(served), Duration.ofSeconds(10)));
        }
        ByteBuffer buffer = ByteBuffer.allocate(65_536);
        sent += drain(attacker, buffer);
        long periods =
            Math.ceilDiv(System.nanoTime() - began, EgressBudget.PREFIX_PERIOD.toNanos());
        long bound = EgressBudget.PREFIX_OCTETS * (1 + periods);
        assertTrue(sent <= bound, sent + " octets to the forged source, above " + bound);
        long grown = usedHeap() - heap;
        assertTrue(grown < HEAP_OCTETS, "the heap grew by " + grown + " octets");
        assertEquals(SECOND, pex(served).status().version());
      }
    }
  }

  /** It is told within a second of its being open. */
  private static Endpoint externalPort(Overlay served) {
    while (pex(served).status().externalPort().isEmpty()) {
      await(served.refreshStatus());
    }
    return pex(served).status().externalPort().orElseThrow();
  }

  private static InetAddress serverAddress(Overlay served) {
    return served.status().addresses().getFirst().address();
  }

  /** Sends in batches that the service keeps up with, so that it gets nearly all of them. */
  private long flood(
      Overlay served,
      DatagramChannel attacker,
      Endpoint target,
      SignedNetworkData data,
      int from,
      int to)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(65_536);
    long received = 0;
    for (int i = from; i < to; i++) {
      attacker.send(forged(i, data), target.toSocketAddress());
      if (i % BATCH == 0) {
        await(served.refreshStatus());
        received += drain(attacker, buffer);
      }
    }
    return received;
  }
}
