// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import static dev.weft.pex.node.ExchangeNode.AP1;
import static dev.weft.pex.node.ExchangeNode.AP2;
import static dev.weft.pex.node.ExchangeNode.GATEWAY;
import static dev.weft.pex.node.ExchangeNode.SECOND;
import static dev.weft.pex.node.ExchangeNode.STRANGER;
import static dev.weft.pex.node.ExchangeNode.VERSION;
import static dev.weft.pex.node.ExchangeNode.data;
import static dev.weft.pex.node.ExchangeNode.messages;
import static dev.weft.pex.node.ExchangeNode.only;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.config.NetworkData;
import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PrivateKey;
import dev.weft.pex.message.Chunk;
import dev.weft.pex.message.EndpointNotify;
import dev.weft.pex.message.EndpointPortNotify;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.PexOpcode;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import dev.weft.pex.message.UpdateResponseNoData;
import dev.weft.pex.message.UpdateResponseRefused;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.node.ExchangeEffect.DataReceived;
import dev.weft.pex.node.ExchangeEffect.Refused;
import dev.weft.pex.node.ExchangeEffect.ReloadDue;
import dev.weft.pex.node.ExchangeEffect.SendExternal;
import dev.weft.pex.node.ExchangeEffect.SendFromWireGuardPort;
import dev.weft.pex.node.PexEffect.ProposeEndpoint;
import dev.weft.pex.node.PexEffect.Send;
import dev.weft.transport.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The rules of PEX §8 in virtual time. */
final class NetworkDataExchangeTest {

  private static final long NOW = 1000 * SECOND;
  private static final String SOURCE = "192.0.2.10:4242";
  private static final String OTHER = "192.0.2.77:51819";

  private final ExchangeNode gateway = new ExchangeNode(GATEWAY, 7);

  private static List<PexOpcode> opcodes(List<ExchangeEffect> effects) {
    return messages(effects).stream().map(PexMessage::opcode).toList();
  }

  private static UpdateRequest request(long version) {
    return new UpdateRequest(0x1122334455667788L, version);
  }

  private ExchangeNode loaded() {
    return gateway.load(data(VERSION), NOW);
  }

  /** What the gateway says, with the member connected. */
  private List<PexMessage> answerTo(PrivateKey from, long version) {
    gateway.connected.add(from.publicKey());
    return messages(gateway.fromOutside(from, SOURCE, request(version), NOW));
  }

  private static UpdateRequest asked(List<ExchangeEffect> effects) {
    return (UpdateRequest)
        messages(effects).stream()
            .filter(UpdateRequest.class::isInstance)
            .findFirst()
            .orElseThrow();
  }

  // Answers. PEX §8.2.

  @Test
  void aMemberWithTheSameVersionHearsThatThereIsNothing() {
    loaded();
    assertEquals(
        List.of(new UpdateResponseNoData(request(0).requestId(), VERSION)), answerTo(AP1, VERSION));
  }

  @Test
  void aMemberWithNewerDataIsAskedForThem() {
    loaded();
    List<PexMessage> answer = answerTo(AP1, VERSION + 1);
    assertEquals(new UpdateResponseNoData(request(0).requestId(), VERSION), answer.get(0));
    assertEquals(VERSION, ((UpdateRequest) answer.get(1)).version());
    assertEquals(2, answer.size());
  }

  @Test
  void versionsAreComparedUnsigned() {
    loaded();
    assertEquals(2, answerTo(AP1, -1).size());
    assertEquals(PexOpcode.UPDATE_RESPONSE_NO_DATA, answerTo(AP1, Long.MIN_VALUE).get(0).opcode());
  }

  @Test
  void aMemberWithOlderOrNoDataGetsThem() {
    loaded();
    for (long version : List.of(0L, VERSION - 1)) {
      List<PexMessage> answer = answerTo(AP1, version);
      assertEquals(PexOpcode.UPDATE_RESPONSE, answer.get(0).opcode());
      assertEquals(data(VERSION).length(), ((UpdateResponse) answer.get(0)).dataLength());
    }
  }

  @Test
  void aMemberThatIsNotConnectedLearnsThePort() {
    loaded();
    assertEquals(
        List.of(PexOpcode.UPDATE_RESPONSE_NO_DATA, PexOpcode.ENDPOINT_PORT_NOTIFY),
        opcodes(gateway.fromOutside(AP1, SOURCE, request(VERSION), NOW)));
    gateway.externalPort = OptionalInt.of(40123);
    List<PexMessage> answer = messages(gateway.fromOutside(AP1, SOURCE, request(0), NOW));
    assertEquals(new EndpointPortNotify(40123), answer.getLast());
    answer = messages(gateway.fromTunnel(AP1, request(VERSION + 5), NOW));
    assertEquals(PexOpcode.UPDATE_REQUEST, answer.get(1).opcode());
    assertEquals(new EndpointPortNotify(40123), answer.get(2));
  }

  @Test
  void aStrangerIsRefusedOrAskedForWhatIsNewer() {
    loaded();
    assertEquals(
        List.of(new UpdateResponseRefused(request(0).requestId(), VERSION)),
        answerTo(STRANGER, VERSION));
    assertEquals(
        List.of(PexOpcode.UPDATE_RESPONSE_REFUSED),
        answerTo(STRANGER, 0).stream().map(PexMessage::opcode).toList());
    List<ExchangeEffect> answer = gateway.fromOutside(STRANGER, SOURCE, request(VERSION + 1), NOW);
    assertEquals(VERSION, asked(answer).version());
    assertEquals(1, answer.size());
  }

  @Test
  void aNodeWithoutDataIsSilentButAsks() {
    assertEquals(List.of(), gateway.fromOutside(STRANGER, SOURCE, request(0), NOW));
    assertEquals(0, asked(gateway.fromOutside(AP1, SOURCE, request(5), NOW)).version());
  }

  @Test
  void answersGoWhereTheRequestCameFrom() {
    loaded();
    SendExternal answer =
        (SendExternal) gateway.fromOutside(AP1, SOURCE, request(VERSION), NOW).getFirst();
    assertEquals(Endpoint.parse(SOURCE), answer.destination());
    Send inTunnel = (Send) gateway.fromTunnel(AP1, request(VERSION), NOW).getFirst();
    assertEquals(gateway.host(AP1), inTunnel.peer());
  }

  @Test
  void withoutLocalHostMembersAreRefusedUnlessTheNodeOnlyServes() {
    SignedNetworkData data = ExchangeNode.signed(VERSION, ExchangeNode.json("\"ap1\"", 0));
    gateway.load(data, NOW);
    assertEquals(PexOpcode.UPDATE_RESPONSE_REFUSED, answerTo(AP1, 0).getFirst().opcode());
    PexNetwork served = new PexNetwork(GATEWAY.publicKey(), gateway.revision, Set.of(), true);
    gateway.exchange.load(served, Optional.of(data), 0, NOW);
    assertEquals(PexOpcode.UPDATE_RESPONSE, answerTo(AP1, 0).getFirst().opcode());
    assertEquals(PexOpcode.UPDATE_RESPONSE_REFUSED, answerTo(AP2, 0).getFirst().opcode());
  }

  @Test
  void messagesWithTheOwnIdAreDropped() {
    loaded();
    assertEquals(List.of(), gateway.fromOutside(GATEWAY, SOURCE, request(0), NOW));
    assertEquals(1, gateway.counters.get(PexCounter.DROPPED_SOURCES));
  }

  @Test
  void addressesThatNobodyHasAreNotAnswered() {
    loaded();
    for (String source : List.of("0.0.0.0:5", "224.0.0.1:5", "[ff02::1]:5")) {
      assertEquals(List.of(), gateway.fromOutside(AP1, source, request(0), NOW));
    }
    ExternalDatagram datagram = new ExternalDatagram(AP1.publicKey().peerId(), 1, request(0));
    Endpoint noPort = new Endpoint(Endpoint.parse(SOURCE).address(), 0);
    assertEquals(List.of(), gateway.exchange.onExternal(datagram, noPort, NOW));
  }

  @Test
  void tenRequestsInASecondAreAnswered() {
    loaded();
    assertEquals(10, answered(STRANGER, NOW));
    assertEquals(10, answered(STRANGER, NOW + SECOND));
    assertEquals(2 * 2, gateway.counters.get(PexCounter.DROPPED_REQUESTS));
    gateway.connected.add(AP1.publicKey());
    assertEquals(10, answered(AP1, NOW + 2 * SECOND));
    assertEquals(20, answered(AP2, NOW + 2 * SECOND), "with the port each time");
  }

  private int answered(PrivateKey from, long now) {
    return IntStream.range(0, 12)
        .map(i -> gateway.fromOutside(from, SOURCE, request(VERSION), now).size())
        .sum();
  }

  @Test
  void whoForgesAMembersIdDoesNotSilenceItInTheTunnel() {
    loaded();
    answered(AP1, NOW);
    assertFalse(gateway.fromTunnel(AP1, request(VERSION), NOW).isEmpty());
    gateway.exchange.onHandshake(gateway.host(AP1), Optional.of(Endpoint.parse(OTHER)), NOW);
    assertFalse(gateway.fromOutside(AP1, "192.0.2.77:9", request(VERSION), NOW).isEmpty());
  }

  // Transfers.

  private static SignedNetworkData largest() {
    SignedNetworkData small = data(VERSION);
    return data(VERSION, SignedNetworkData.MAX_OCTETS - small.length());
  }

  @Test
  void theLargestDataArePacedAndArriveWhole() {
    SignedNetworkData data = largest();
    assertEquals(131_072, data.length());
    gateway.load(data, NOW);
    gateway.connected.add(AP1.publicKey());
    ExchangeNode ap1 = new ExchangeNode(AP1, 8);
    ap1.exchange.connect(Endpoint.parse("198.51.100.1:51819"), Duration.ZERO, NOW);
    UpdateRequest request = asked(ap1.until(NOW + SECOND));

    List<ExchangeEffect> sent = new ArrayList<>(gateway.fromOutside(AP1, SOURCE, request, NOW));
    assertEquals(TransferPacer.BURST, sent.size());
    long now = NOW;
    while (sent.size() < 134) {
      long next = gateway.exchange.nextDeadlineNanos().orElseThrow();
      assertTrue(next - now <= SECOND / 2);
      now = next;
      List<ExchangeEffect> burst = gateway.exchange.onDeadline(now);
      assertTrue(burst.size() <= TransferPacer.BURST);
      sent.addAll(burst);
    }
    assertEquals(134, sent.size());
    assertTrue(now - NOW < SECOND);

    List<ExchangeEffect> received = new ArrayList<>();
    for (PexMessage message : messages(sent)) {
      received.addAll(ap1.fromOutside(GATEWAY, "198.51.100.1:51819", message, now));
    }
    assertEquals(data, only(DataReceived.class, received).getFirst().data());
  }

  @Test
  void atMostTwoTransfersGoToOnePlace() {
    gateway.load(largest(), NOW);
    gateway.exchange.onHandshake(gateway.host(AP1), Optional.of(Endpoint.parse(SOURCE)), NOW);
    assertEquals(8, gateway.fromOutside(AP1, SOURCE, request(0), NOW).size());
    assertEquals(8, gateway.fromOutside(AP1, SOURCE, request(0), NOW).size());
    assertEquals(0, gateway.fromOutside(AP1, SOURCE, request(0), NOW).size());
    assertEquals(8, gateway.fromTunnel(AP1, request(0), NOW).size());
    assertEquals(1, gateway.counters.get(PexCounter.UNSENT_TRANSFERS));
  }

  @Test
  void aThousandAndTwentyFourTransfersAreUnderWayAtMost() {
    ExchangeNode busy = busy();
    assertEquals(1024, busy.exchange.transfers());
    assertTrue(busy.counters.get(PexCounter.UNSENT_TRANSFERS) > 0);
  }

  @Test
  void manyTransfersTogetherAreNoFasterThanSixtyFour() {
    ExchangeNode busy = busy();
    long start = NOW + 7 * SECOND;
    int messages = 0;
    for (long now = start; now < start + SECOND; now += 1_000_000) {
      messages += busy.exchange.onDeadline(now).size();
    }
    int most = (int) (64 * TransferPacer.BURST * (SECOND / TransferPacer.GAP_NANOS));
    int late = 1024 * TransferPacer.BURST;
    assertTrue(messages <= most + late && messages >= most, "sent " + messages);
  }

  /** Asked for the largest data by 1,300 within 7 s, and with time for none of it. */
  private ExchangeNode busy() {
    EgressBudget much =
        new EgressBudget(new ScriptedRandom(1), 1 << 30, Duration.ofSeconds(1), 1L << 40);
    ExchangeNode busy = new ExchangeNode(GATEWAY, new ScriptedRandom(4), much).load(largest(), NOW);
    for (int i = 0; i < 1300; i++) {
      String source = "192.0." + i / 100 + "." + (1 + i % 100) + ":99";
      busy.fromOutside(i % 2 == 0 ? AP1 : AP2, source, request(0), NOW + i / 200 * SECOND);
    }
    return busy;
  }

  @Test
  void aTransferThatTakesTooLongIsForgotten() {
    gateway.load(largest(), NOW);
    gateway.fromTunnel(AP1, request(0), NOW);
    assertEquals(List.of(), only(Send.class, gateway.exchange.onDeadline(NOW + 9 * SECOND)));
    assertEquals(1, gateway.counters.get(PexCounter.ABORTED_TRANSFERS));
  }

  @Test
  void whoHasNotProvedItselfGetsOneTransferOfTheLargestDataAndNoHalfOne() {
    gateway.load(largest(), NOW);
    assertEquals(8, gateway.fromOutside(AP1, SOURCE, request(0), NOW).size());
    assertEquals(
        List.of(), gateway.fromOutside(AP2, "192.0.2.10:99", request(0), NOW), "nor REFUSED");
    assertEquals(1, gateway.counters.get(PexCounter.UNSENT_FOR_BUDGET));
    assertEquals(8, gateway.fromOutside(AP2, "192.0.2.11:99", request(0), NOW).size());
    assertEquals(
        8, gateway.fromOutside(AP2, "192.0.2.10:99", request(0), NOW + 10 * SECOND).size());
  }

  // Requests. PEX §8.1, §8.3.

  @Test
  void eachHandshakeIsFollowedByARequestInTheTunnel() {
    loaded();
    List<ExchangeEffect> effects =
        gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW);
    assertEquals(VERSION, asked(effects).version());
    assertEquals(1, effects.size());
  }

  @Test
  void thereIsOneRequestToAnAddressUntilItIsAnsweredOrOver() {
    loaded();
    List<ExchangeEffect> first =
        gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW);
    long later = NOW + 4 * SECOND;
    assertEquals(
        List.of(), gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), later - 1));
    assertEquals(
        1, gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), later).size());
    gateway.fromTunnel(AP1, new UpdateResponseNoData(asked(first).requestId(), VERSION), later);
    assertEquals(
        0,
        gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), later).size(),
        "that was the answer to a request that is over");
  }

  @Test
  void anAnswerEndsARequestUnlessItsVersionIsZero() {
    loaded();
    long id =
        asked(gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW)).requestId();
    gateway.fromTunnel(AP1, new UpdateResponseNoData(id, 0), NOW);
    assertEquals(0, gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW).size());
    gateway.fromTunnel(AP1, new UpdateResponseNoData(id, VERSION), NOW);
    assertEquals(1, gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW).size());
  }

  @Test
  void whoeverIsAskedElevenSecondsAfterTheLastTime() {
    loaded();
    gateway.externalPort = OptionalInt.of(40123);
    assertEquals(List.of(), gateway.exchange.connect(Endpoint.parse(OTHER), Duration.ZERO, NOW));
    assertEquals(OptionalLong.of(NOW + 5 * SECOND), gateway.exchange.nextDeadlineNanos());
    List<Long> times = new ArrayList<>();
    for (long now = NOW; now <= NOW + 40 * SECOND; now += SECOND / 10) {
      List<ExchangeEffect> effects = gateway.exchange.onDeadline(now);
      if (!effects.isEmpty()) {
        times.add((now - NOW) / SECOND);
        assertEquals(
            List.of(
                PexOpcode.UPDATE_REQUEST,
                PexOpcode.ENDPOINT_PORT_NOTIFY,
                PexOpcode.ENDPOINT_NOTIFY),
            opcodes(effects));
        assertTrue(effects.get(2) instanceof SendFromWireGuardPort);
      }
    }
    assertEquals(List.of(5L, 16L, 27L, 38L), times);
  }

  @Test
  void nothingFollowsTheRequestOfANodeWithoutLocalHost() {
    gateway.exchange.connect(Endpoint.parse(OTHER), Duration.ZERO, NOW);
    assertEquals(List.of(PexOpcode.UPDATE_REQUEST), opcodes(gateway.until(NOW + SECOND)));
  }

  @Test
  void whatIsNamedAgainIsAskedAtOnceIfTheLastTimeIsLongAgo() {
    loaded();
    Endpoint endpoint = Endpoint.parse(OTHER);
    assertEquals(List.of(), gateway.exchange.connect(endpoint, Duration.ZERO, NOW));
    assertEquals(2, gateway.exchange.connect(endpoint, Duration.ZERO, NOW).size());
    assertEquals(List.of(), gateway.exchange.connect(endpoint, Duration.ZERO, NOW + SECOND));
    assertEquals(2, gateway.exchange.connect(endpoint, Duration.ZERO, NOW + 11 * SECOND).size());
  }

  @Test
  void theSenderOfDataIsAskedForTwentySeconds() {
    loaded();
    UpdateResponse response = new UpdateResponse(1, 5, AP1.publicKey(), Chunk.of(new byte[1]));
    assertEquals(List.of(), gateway.fromOutside(STRANGER, OTHER, response, NOW));
    assertEquals(List.of(5L, 16L), askedAt(OTHER, NOW));
  }

  @Test
  void theSenderOfAPortIsAskedForTwoMinutes() {
    loaded();
    gateway.fromOutside(STRANGER, OTHER, new EndpointPortNotify(5), NOW);
    assertEquals(List.of(), askedAt(OTHER, NOW), "strangers are not");
    loaded();
    gateway.fromOutside(AP1, OTHER, new EndpointPortNotify(5), NOW);
    List<Long> times = askedAt(OTHER, NOW);
    assertEquals(115L, times.getLast());
    assertEquals(11, times.size());
    assertEquals(OptionalLong.empty(), gateway.exchange.nextDeadlineNanos(), "all is quiet");
  }

  private List<Long> askedAt(String endpoint, long from) {
    List<Long> times = new ArrayList<>();
    for (long now = from; now < from + 200 * SECOND; now += SECOND / 2) {
      for (SendExternal sent : only(SendExternal.class, gateway.exchange.onDeadline(now))) {
        if (sent.destination().equals(Endpoint.parse(endpoint))
            && sent.datagram().message() instanceof UpdateRequest) {
          times.add((now - from) / SECOND);
        }
      }
    }
    return times;
  }

  @Test
  void datagramsMakeAtMost128HostsToAsk() {
    loaded();
    for (int i = 0; i < 200; i++) {
      gateway.fromOutside(AP1, "192.0.2.99:" + (1 + i), new EndpointPortNotify(5), NOW);
    }
    assertEquals(72, gateway.counters.get(PexCounter.REFUSED_PEX_HOSTS));
    gateway.exchange.connect(Endpoint.parse(OTHER), Duration.ofSeconds(60), NOW);
    assertEquals(
        129,
        opcodes(gateway.until(NOW + 6 * SECOND)).stream()
            .filter(PexOpcode.UPDATE_REQUEST::equals)
            .count());
  }

  @Test
  void aNewRevisionForgetsTheHostsThatHaveNoLifetime() {
    loaded();
    gateway.exchange.connect(Endpoint.parse(OTHER), Duration.ZERO, NOW);
    gateway.exchange.connect(Endpoint.parse(SOURCE), Duration.ofSeconds(60), NOW);
    loaded();
    List<SendExternal> polls = only(SendExternal.class, gateway.until(NOW + 6 * SECOND));
    assertEquals(1, polls.size());
    assertEquals(Endpoint.parse(SOURCE), polls.getFirst().destination());
  }

  @Test
  void theDataNameWhomToAsk() {
    ExchangeNode ap1 = new ExchangeNode(AP1, 8).load(data(VERSION), NOW);
    assertEquals("[198.51.100.1:51819]", ap1.network.endpointsToAsk().toString());
    assertEquals(List.of(), loaded().network.endpointsToAsk(), "not the own one");
    PexNetwork local =
        new PexNetwork(AP1.publicKey(), ap1.revision, Set.of(GATEWAY.publicKey()), false);
    assertEquals(List.of(), local.endpointsToAsk(), "nor what is known only here");
  }

  // Data. PEX §8.5.

  /** A complete transfer of data in the tunnel, changed on its way. */
  private List<ExchangeEffect> transfer(
      SignedNetworkData data, long now, UnaryOperator<List<PexMessage>> way) {
    ExchangeNode ap1 = new ExchangeNode(AP1, 9).load(data, now);
    ap1.connected.add(GATEWAY.publicKey());
    List<ExchangeEffect> asked =
        gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), now);
    List<PexMessage> sent = messages(ap1.fromTunnel(GATEWAY, asked(asked), now));
    List<ExchangeEffect> effects = new ArrayList<>();
    way.apply(sent).forEach(message -> effects.addAll(gateway.fromTunnel(AP1, message, now)));
    return effects;
  }

  private List<ExchangeEffect> transfer(SignedNetworkData data, long now) {
    return transfer(data, now, sent -> sent);
  }

  @Test
  void newerDataAreHandedOn() {
    loaded();
    SignedNetworkData newer = data(VERSION + 1, 3500);
    assertEquals(
        List.of(new DataReceived(newer, new PexPath.Tunnel(gateway.host(AP1)))),
        transfer(newer, NOW));
    assertEquals(VERSION, gateway.exchange.data().orElseThrow().version(), "not before accepted");
  }

  @Test
  void aLostMessageLosesTheTransferAndLaterOnesAreIgnored() {
    loaded();
    SignedNetworkData newer = data(VERSION + 1, 3500);
    assertEquals(
        List.of(), transfer(newer, NOW, sent -> List.of(sent.get(0), sent.get(2), sent.get(3))));
    assertEquals(List.of(), gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW));
    long later = NOW + 4 * SECOND;
    gateway.exchange.onDeadline(later);
    assertEquals(1, transfer(newer, later).size());
  }

  @Test
  void aRepeatedMessageChangesNothing() {
    loaded();
    assertEquals(
        1,
        transfer(
                data(VERSION + 1, 3500),
                NOW,
                sent ->
                    List.of(
                        sent.get(0),
                        sent.get(0),
                        sent.get(1),
                        sent.get(1),
                        sent.get(2),
                        sent.get(3)))
            .size());
  }

  @Test
  void dataBeforeTheirStartEndTheRequest() {
    loaded();
    long id =
        asked(gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW)).requestId();
    gateway.fromTunnel(AP1, new UpdateResponseData(id, 5, Chunk.of(new byte[1])), NOW);
    assertEquals(0, gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW).size());
    gateway.fromTunnel(AP1, new UpdateResponseData(id, 0, Chunk.of(new byte[1])), NOW);
    assertEquals(1, gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW).size());
  }

  @Test
  void moreThanAnnouncedEndsTheRequest() {
    loaded();
    long id =
        asked(gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW)).requestId();
    gateway.fromTunnel(AP1, new UpdateResponse(id, 5, AP1.publicKey(), Chunk.of(new byte[3])), NOW);
    assertEquals(0, gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW).size());
    gateway.fromTunnel(AP1, new UpdateResponseData(id, 3, Chunk.of(new byte[3])), NOW);
    assertEquals(1, gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW).size());
  }

  @Test
  void lengthsThatAreNoneAreIgnored() {
    loaded();
    long id =
        asked(gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW)).requestId();
    for (int length : List.of(0, -1, 131_073, Integer.MIN_VALUE)) {
      UpdateResponse response =
          new UpdateResponse(id, length, AP1.publicKey(), Chunk.of(new byte[3]));
      assertEquals(List.of(), gateway.fromTunnel(AP1, response, NOW));
    }
    assertEquals(4, gateway.counters.get(PexCounter.DROPPED_UPDATES));
    assertEquals(0, gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW).size());
  }

  @Test
  void aTransferMayTakeLongerThanFourSecondsButNotThirty() {
    loaded();
    long id =
        asked(gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW)).requestId();
    UpdateResponse start = new UpdateResponse(id, 500, AP1.publicKey(), Chunk.of(new byte[0]));
    gateway.fromTunnel(AP1, start, NOW);
    for (int i = 0; i < 9; i++) {
      long now = NOW + 3L * (i + 1) * SECOND;
      gateway.exchange.onDeadline(now);
      gateway.fromTunnel(AP1, new UpdateResponseData(id, i, Chunk.of(new byte[1])), now);
      assertEquals(
          0, gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), now).size());
    }
    long end = NOW + 30 * SECOND;
    assertEquals(1, gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), end).size());
  }

  @Test
  void dataThatAreNotNewerOrWronglySignedAreDropped() {
    loaded();
    assertEquals(List.of(), gateway.exchange.onDataAccepted(data(VERSION - 1), NOW));
    assertEquals(
        List.of(),
        transfer(
            data(VERSION + 1, 3500),
            NOW,
            sent -> {
              List<PexMessage> changed = new ArrayList<>(sent);
              UpdateResponseData last = (UpdateResponseData) changed.removeLast();
              byte[] octets = new byte[last.chunk().length()];
              last.chunk().copyTo(octets, 0);
              octets[0] ^= 1;
              changed.add(
                  new UpdateResponseData(last.requestId(), last.offset(), Chunk.of(octets)));
              return changed;
            }));
    assertEquals(1, gateway.counters.get(PexCounter.REFUSED_DATA));
  }

  @Test
  void acceptedDataAreServedAndAllConnectedPeersAreTold() {
    loaded();
    gateway.connected.add(AP1.publicKey());
    SignedNetworkData newer = data(VERSION + 1);
    List<ExchangeEffect> effects = gateway.exchange.onDataAccepted(newer, NOW);
    Send told = (Send) effects.getFirst();
    assertEquals(gateway.host(AP1), told.peer());
    assertEquals(VERSION + 1, ((UpdateRequest) told.message()).version());
    assertEquals(1, effects.size(), "ap2 is not connected");
    assertEquals(Optional.of(newer), gateway.exchange.data());
    assertEquals(
        PexOpcode.UPDATE_RESPONSE,
        messages(gateway.fromTunnel(AP1, request(VERSION), NOW)).getFirst().opcode());
  }

  @Test
  void theFirstDataAreLoadedAtOnceAndOthersTenSecondsAfterTheLast() {
    gateway.exchange.onDataAccepted(data(VERSION), NOW);
    assertEquals(OptionalLong.of(NOW + 1_000_000), gateway.exchange.nextDeadlineNanos());
    assertEquals(
        List.of(new ReloadDue(data(VERSION))), gateway.exchange.onDeadline(NOW + 1_000_000));
    loaded();
    gateway.exchange.onDataAccepted(data(VERSION + 1), NOW);
    gateway.exchange.onDataAccepted(data(VERSION + 2), NOW + 7 * SECOND);
    assertEquals(List.of(), gateway.exchange.onDeadline(NOW + 17 * SECOND - 1));
    assertEquals(
        List.of(new ReloadDue(data(VERSION + 2))), gateway.exchange.onDeadline(NOW + 17 * SECOND));
  }

  @Test
  void whatCannotBeUsedIsNeitherServedNorFetchedAgain() {
    loaded();
    SignedNetworkData broken = data(VERSION + 9);
    assertEquals(1, transfer(broken, NOW).size());
    gateway.exchange.onDataRefused(broken);
    assertEquals(VERSION, gateway.exchange.data().orElseThrow().version());
    assertEquals(
        VERSION + 9,
        asked(gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW)).version());
    assertEquals(
        List.of(PexOpcode.UPDATE_RESPONSE_NO_DATA, PexOpcode.ENDPOINT_PORT_NOTIFY),
        opcodes(gateway.fromTunnel(AP1, request(VERSION + 9), NOW)),
        "not asked for it");
    gateway.exchange.retryRefused();
    long later = NOW + 5 * SECOND;
    assertEquals(
        VERSION,
        asked(gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), later)).version());
  }

  @Test
  void usableDataBelowARefusedVersionAreFound() {
    loaded();
    gateway.exchange.onDataRefused(data(VERSION + 9));
    UpdateRequest claimed =
        asked(gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW));
    UpdateResponseNoData none = new UpdateResponseNoData(claimed.requestId(), VERSION + 4);
    List<ExchangeEffect> again = gateway.fromTunnel(AP1, none, NOW);
    assertEquals(VERSION, asked(again).version());
    UpdateResponseNoData liar = new UpdateResponseNoData(asked(again).requestId(), VERSION + 4);
    assertEquals(List.of(), gateway.fromTunnel(AP1, liar, NOW), "and that is all");
    assertEquals(VERSION, asked(gateway.fromTunnel(AP1, request(VERSION + 4), NOW)).version());
  }

  @Test
  void dataThatCannotBePutInForceGiveWayToTheLastOnes() {
    loaded();
    gateway.exchange.onDataAccepted(data(VERSION + 1), NOW);
    gateway.exchange.onDeadline(NOW + 10 * SECOND);
    gateway.exchange.onDataRefused(data(VERSION + 1));
    assertEquals(Optional.of(data(VERSION)), gateway.exchange.data());
  }

  @Test
  void beingRefusedIsTold() {
    loaded();
    long id =
        asked(gateway.exchange.onHandshake(gateway.host(AP1), Optional.empty(), NOW)).requestId();
    assertEquals(
        List.of(new Refused(VERSION + 1, new PexPath.Tunnel(gateway.host(AP1)))),
        gateway.fromTunnel(AP1, new UpdateResponseRefused(id, VERSION + 1), NOW));
    assertEquals(
        List.of(), gateway.fromTunnel(AP1, new UpdateResponseRefused(id, VERSION + 1), NOW));
    assertEquals(1, gateway.counters.get(PexCounter.UPDATE_REFUSED));
  }

  // Notifications. PEX §6.9, §6.10.

  @Test
  void notificationsAreCandidates() {
    loaded();
    assertEquals(
        List.of(
            new ProposeEndpoint(
                AP1.publicKey(), EndpointOrigin.ENDPOINT_NOTIFY, Endpoint.parse(SOURCE))),
        gateway.fromOutside(AP1, SOURCE, new EndpointNotify(), NOW));
    assertEquals(
        List.of(
            new ProposeEndpoint(
                AP1.publicKey(),
                EndpointOrigin.ENDPOINT_PORT_NOTIFY,
                Endpoint.parse("192.0.2.10:77"))),
        gateway.fromOutside(AP1, SOURCE, new EndpointPortNotify(77), NOW));
  }

  @Test
  void aCandidateIsNeverInTheOverlayAndHasAPort() {
    loaded();
    String overlay = "[" + gateway.host(AP2).overlayAddress().getHostAddress() + "]:5";
    assertEquals(List.of(), gateway.fromOutside(AP1, overlay, new EndpointNotify(), NOW));
    assertEquals(List.of(), gateway.fromOutside(AP1, SOURCE, new EndpointPortNotify(0), NOW));
    assertEquals(List.of(), gateway.fromOutside(STRANGER, SOURCE, new EndpointNotify(), NOW));
    assertEquals(2, gateway.counters.get(PexCounter.REFUSED_CANDIDATES));
  }

  @Test
  void aWorkingEndpointIsNotDisplaced() {
    loaded();
    gateway.connected.add(AP1.publicKey());
    assertEquals(List.of(), gateway.fromOutside(AP1, SOURCE, new EndpointNotify(), NOW));
    assertEquals(1, gateway.counters.get(PexCounter.SKIPPED_NOTIFICATIONS));
  }

  @Test
  void aReplayedNotificationIsDropped() {
    loaded();
    ExternalDatagram captured =
        new ExternalDatagram(AP1.publicKey().peerId(), 42, new EndpointNotify());
    Endpoint first = Endpoint.parse(SOURCE);
    assertEquals(1, gateway.exchange.onExternal(captured, first, NOW).size());
    Endpoint forged = Endpoint.parse(OTHER);
    assertEquals(List.of(), gateway.exchange.onExternal(captured, forged, NOW + 299 * SECOND));
    assertEquals(1, gateway.counters.get(PexCounter.DROPPED_REPLAYS));
  }

  @Test
  void indirectHostsAreServedButNotProposed() {
    String json =
        ExchangeNode.json("\"gateway\",\"ap1\",\"ap2\"", 0)
            .replace("\"ap2\":{", "\"ap2\":{\"gateway\":\"ap1\",");
    gateway.load(ExchangeNode.signed(VERSION, json), NOW);
    assertTrue(NetworkData.parse(json).host("ap2").orElseThrow().gateway().isPresent());
    assertEquals(PexOpcode.UPDATE_RESPONSE, answerTo(AP2, 0).getFirst().opcode());
    gateway.connected.clear();
    assertEquals(List.of(), gateway.fromOutside(AP2, SOURCE, new EndpointNotify(), NOW));
  }

  @Test
  void notificationsInTheTunnelAreIgnored() {
    loaded();
    assertEquals(List.of(), gateway.fromTunnel(AP1, new EndpointPortNotify(5), NOW));
    assertEquals(List.of(), gateway.fromTunnel(AP1, new EndpointNotify(), NOW));
  }

  @Test
  void anAnswerFromWhereTheRequestWentProvesAnAddress() {
    gateway.load(largest(), NOW);
    Endpoint server = Endpoint.parse(OTHER);
    gateway.exchange.connect(server, Duration.ZERO, NOW);
    UpdateRequest request = asked(gateway.until(NOW + 6 * SECOND));
    gateway.fromOutside(
        AP1, SOURCE, new UpdateResponseNoData(request.requestId(), VERSION), NOW + 6 * SECOND);
    long now = NOW + 17 * SECOND;
    request = asked(gateway.until(now));
    gateway.fromOutside(AP1, OTHER, new UpdateResponseNoData(request.requestId(), VERSION), now);
    assertEquals(
        List.of(8, 8, 8),
        LongStream.range(0, 3)
            .mapToObj(i -> gateway.fromOutside(AP1, "192.0.2.77:" + (50 + i), request(0), now))
            .map(List::size)
            .toList());
    assertEquals(
        List.of(8, 0, 0),
        LongStream.range(0, 3)
            .mapToObj(i -> gateway.fromOutside(AP1, "192.0.2.10:" + (50 + i), request(0), now))
            .map(List::size)
            .toList());
  }
}
