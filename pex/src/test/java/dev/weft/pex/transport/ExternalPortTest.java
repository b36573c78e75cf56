// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.UnderlayException;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PeerId;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.transport.ExternalPort.Membership;
import dev.weft.spi.Scheduler;
import dev.weft.testkit.SimHost;
import dev.weft.testkit.SimNetwork;
import dev.weft.testkit.SimRuntime;
import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ExternalPortTest {

  private static final Duration SOON = Duration.ofSeconds(1);
  private static final int PORT = 51819;

  private final SimNetwork network = new SimNetwork(1);
  private final SimHost server = network.host("server", "192.0.2.1");
  private final SimHost client = network.host("client", "192.0.2.2");
  private final SimRuntime runtime = server.newRuntime();
  private final SimRuntime clientRuntime = client.newRuntime();

  private static final class Network implements ExternalPort.User {
    final String name;
    final Scheduler queue;
    final List<Endpoint> received = new ArrayList<>();

    Network(String name, Scheduler queue) {
      this.name = name;
      this.queue = queue;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Scheduler queue() {
      return queue;
    }

    @Override
    public void onDatagram(ByteBuffer datagram, Endpoint source) {
      assertTrue(queue.isCurrent());
      received.add(source);
    }
  }

  private static AuthKey key(int value) {
    byte[] octets = new byte[32];
    Arrays.fill(octets, (byte) value);
    return AuthKey.of(octets);
  }

  private static ByteBuffer request(AuthKey key) {
    return ExternalCodec.encode(
        new ExternalDatagram(new PeerId(7), 9, new UpdateRequest(1, 0)), key);
  }

  private Membership join(SimRuntime on, int port, AuthKey key, Network user) {
    return network.await(ExternalPort.join(on, Optional.empty(), port, key.id(), user), SOON);
  }

  private Network newNetwork(String name) {
    return new Network(name, runtime.newQueue());
  }

  @Test
  void networksShareAPortAndGetWhatHasTheirAuthId() {
    Network a = newNetwork("a");
    Network b = newNetwork("b");
    Membership first = join(runtime, PORT, key(1), a);
    Membership second = join(runtime, PORT, key(2), b);
    Network asking = new Network("asking", clientRuntime.newQueue());
    Membership sender = join(clientRuntime, 0, key(1), asking);
    assertEquals(first.localEndpoint(), second.localEndpoint());

    sender.send(request(key(2)), Endpoint.parse("192.0.2.1:51819"));
    sender.send(request(key(3)), Endpoint.parse("192.0.2.1:51819"));
    network.runFor(SOON);

    assertEquals(List.of(), a.received);
    assertEquals(1, b.received.size());
    assertEquals(1, first.strays());
    second.send(request(key(1)), b.received.getFirst());
    network.runFor(SOON);
    assertEquals(List.of(Endpoint.parse("192.0.2.1:51819")), asking.received);
  }

  @Test
  void ofNetworksWithOneKeyTheFirstInNameOrderGetsIt() {
    Network b = newNetwork("b");
    Network a = newNetwork("a");
    join(runtime, PORT, key(1), b);
    Membership first = join(runtime, PORT, key(1), a);
    Membership sender =
        join(clientRuntime, 0, key(9), new Network("asking", clientRuntime.newQueue()));

    sender.send(request(key(1)), Endpoint.parse("192.0.2.1:51819"));
    network.runFor(SOON);
    assertEquals(1, a.received.size());
    assertEquals(0, b.received.size());

    network.await(first.close(), SOON);
    sender.send(request(key(1)), Endpoint.parse("192.0.2.1:51819"));
    network.runFor(SOON);
    assertEquals(1, a.received.size());
    assertEquals(1, b.received.size());
  }

  @Test
  void thePortIsFreeAgainAfterItsLastNetworkLeft() {
    Membership first = join(runtime, PORT, key(1), newNetwork("a"));
    Membership second = join(runtime, PORT, key(2), newNetwork("b"));
    SimRuntime other = server.newRuntime();
    Network late = new Network("late", other.newQueue());
    network.await(first.close(), SOON);
    assertThrows(UnderlayException.class, () -> join(other, PORT, key(1), late));

    network.await(second.close(), SOON);

    assertFalse(second.send(request(key(1)), Endpoint.parse("192.0.2.2:1")));
    Membership again = join(other, PORT, key(1), late);
    network.await(again.close(), SOON);
    network.await(again.close(), SOON);
  }

  @Test
  void noMoreThanItsShareWaitsForANetwork() {
    Network slow = newNetwork("slow");
    Membership membership = join(runtime, PORT, key(1), slow);
    Membership sender =
        join(clientRuntime, 0, key(9), new Network("asking", clientRuntime.newQueue()));
    int many = 2 * ExternalPort.MAX_WAITING_OCTETS / 128;
    for (int i = 0; i < many; i++) {
      sender.send(request(key(1)), Endpoint.parse("192.0.2.1:51819"));
    }
    network.runFor(SOON);
    long taken = slow.received.size();
    assertTrue(taken < many, taken + " of " + many);
    assertEquals(many, taken + membership.overruns() + sender.overruns());
  }
}
