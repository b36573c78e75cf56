// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import static dev.weft.pex.node.ExchangeNode.AP1;
import static dev.weft.pex.node.ExchangeNode.AP2;
import static dev.weft.pex.node.ExchangeNode.GATEWAY;
import static dev.weft.pex.node.ExchangeNode.SECOND;
import static dev.weft.pex.node.ExchangeNode.STRANGER;
import static dev.weft.pex.node.ExchangeNode.VERSION;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.PrivateKey;
import dev.weft.pex.message.Chunk;
import dev.weft.pex.message.EndpointNotify;
import dev.weft.pex.message.EndpointPortNotify;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseRefused;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.node.ExchangeEffect.DataReceived;
import dev.weft.pex.node.ExchangeEffect.SendExternal;
import dev.weft.pex.node.ExchangeEffect.SendFromWireGuardPort;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Somebody who knows all public keys of the network, and forges sources, for 20 seconds. */
final class ExchangeFloodTest {

  private static final long NOW = 1000 * SECOND;
  private static final int DATAGRAMS = 200_000;
  private static final long DURATION = 20 * SECOND;
  private static final Endpoint VICTIM = Endpoint.parse("203.0.113.66:7");
  private static final Endpoint HONEST = Endpoint.parse("192.0.2.10:51819");
  private static final Endpoint SERVER = Endpoint.parse("198.51.100.1:51819");

  private final SignedNetworkData data =
      ExchangeNode.data(
          VERSION, SignedNetworkData.MAX_OCTETS - ExchangeNode.data(VERSION).length());
  private final ExchangeNode gateway = new ExchangeNode(GATEWAY, 7).load(data, NOW);
  private final ExchangeNode honest = new ExchangeNode(AP1, 8);
  private final Map<InetAddress, Long> octetsTo = new HashMap<>();
  private boolean received;

  private void carryOut(List<ExchangeEffect> effects, long now) {
    for (ExchangeEffect effect : effects) {
      switch (effect) {
        case SendExternal(Endpoint to, ExternalDatagram datagram) -> {
          count(to, datagram);
          if (to.equals(HONEST)) {
            received |=
                !ExchangeNode.only(
                        DataReceived.class, honest.exchange.onExternal(datagram, SERVER, now))
                    .isEmpty();
          }
        }
        case SendFromWireGuardPort(Endpoint to, ExternalDatagram datagram) -> count(to, datagram);
        case PexEffect.Send other -> {}
        case PexEffect.ProposeEndpoint other -> {}
        case DataReceived other -> {}
        case ExchangeEffect.ReloadDue other -> {}
        case ExchangeEffect.Refused other -> {}
      }
    }
  }

  private void count(Endpoint to, ExternalDatagram datagram) {
    octetsTo.merge(
        to.address(), (long) datagram.octets() + EgressBudget.OVERHEAD_OCTETS, Long::sum);
  }

  private static PexMessage forged(SplittableRandom random) {
    long number = random.nextLong();
    return switch (random.nextInt(8)) {
      case 0, 1, 2, 3 -> new UpdateRequest(number, 0);
      case 4 -> new UpdateRequest(number, VERSION + random.nextInt(3));
      case 5 -> new EndpointPortNotify(random.nextInt(65536));
      case 6 -> new UpdateResponse(number, 5, AP1.publicKey(), Chunk.of(new byte[1]));
      default ->
          random.nextBoolean()
              ? new EndpointNotify()
              : new UpdateResponseRefused(number, VERSION + 5);
    };
  }

  @Test
  void nobodyIsHurtAndTheHonestAreServed() {
    SplittableRandom random = new SplittableRandom(11);
    List<PrivateKey> names = List.of(AP2, AP2, STRANGER, GATEWAY);
    honest.exchange.connect(SERVER, Duration.ZERO, NOW);
    for (int i = 0; i < DATAGRAMS; i++) {
      long now = NOW + DURATION / DATAGRAMS * i;
      Endpoint source =
          i % 3 != 0
              ? VICTIM
              : new Endpoint(
                  InetAddress.ofLiteral("10.9." + random.nextInt(256) + "." + random.nextInt(256)),
                  1 + random.nextInt(65535));
      ExternalDatagram datagram =
          new ExternalDatagram(
              names.get(random.nextInt(names.size())).publicKey().peerId(),
              random.nextLong(),
              forged(random));
      carryOut(gateway.exchange.onExternal(datagram, source, now), now);
      if (i == DATAGRAMS / 2) {
        ask(now);
      }
      if (due(now)) {
        carryOut(gateway.exchange.onDeadline(now), now);
      }
    }
    assertTrue(received, "the honest transfer is complete");
    long periods = DURATION / EgressBudget.PREFIX_PERIOD.toNanos();
    long bound = EgressBudget.PREFIX_OCTETS * (1 + periods);
    assertTrue(
        octetsTo.getOrDefault(VICTIM.address(), 0L) <= bound,
        () -> octetsTo.get(VICTIM.address()) + " octets to the victim");
    for (long octets : octetsTo.values()) {
      assertTrue(octets <= bound);
    }
    long all = octetsTo.values().stream().mapToLong(Long::longValue).sum();
    assertTrue(all <= EgressBudget.TOTAL_OCTETS_PER_SECOND * (1 + DURATION / SECOND));
    gateway.until(NOW + DURATION + 200 * SECOND);
    assertEquals(
        Optional.empty(),
        gateway.exchange.nextDeadlineNanos().stream().boxed().findFirst(),
        "all of it is forgotten");
  }

  @Test
  void aMemberWhoseIdIsForgedIsServedInTheTunnelAndWhereItProvedItself() {
    gateway.exchange.onHandshake(gateway.host(AP1), Optional.of(HONEST), NOW);
    for (int i = 0; i < 10_000; i++) {
      ExternalDatagram datagram =
          new ExternalDatagram(AP1.publicKey().peerId(), i, new UpdateRequest(i, 0));
      gateway.exchange.onExternal(datagram, new Endpoint(VICTIM.address(), 1 + i), NOW);
    }
    assertEquals(TransferPacer.BURST, gateway.fromTunnel(AP1, new UpdateRequest(1, 0), NOW).size());
    assertEquals(
        TransferPacer.BURST,
        gateway.fromOutside(AP1, "192.0.2.10:51819", new UpdateRequest(1, 0), NOW).size());
  }

  private boolean due(long now) {
    return gateway.exchange.nextDeadlineNanos().stream().anyMatch(deadline -> deadline <= now);
  }

  /** The honest host asks in the midst of it. */
  private void ask(long now) {
    ExternalDatagram request =
        ExchangeNode.only(SendExternal.class, honest.exchange.onDeadline(now)).stream()
            .map(SendExternal::datagram)
            .findFirst()
            .orElseThrow();
    carryOut(gateway.exchange.onExternal(request, HONEST, now), now);
  }
}
