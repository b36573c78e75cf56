// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.PublicKey;
import dev.weft.pex.DynamicRecording.Packet;
import dev.weft.pex.DynamicReplay.Said;
import dev.weft.pex.message.EndpointPortNotify;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Recorded nodes of dynamic networks, played again as {@link ReplayTest} does with those of static
 * ones: with the messages outside of the tunnel and the network data besides. What a node sends
 * must be what the recorded node sent, by the same way to the same destination, each within 1.5 s.
 */
final class DynamicReplayTest {

  private static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** A run, who is asked for data, and which data a node begins with. */
  private record Run(
      DynamicRecording recording, List<EndpointName> connect, Map<String, String> dataAtStart) {}

  private static final List<Run> RUNS =
      List.of(
          new Run(
              new DynamicRecording(
                  "dynamic", "underlay_flat", Map.of(), TimeUnit.MILLISECONDS.toNanos(100)),
              List.of(EndpointName.parse("10.99.0.1", DynamicRecording.GLOBAL_PORT)),
              Map.of("gw", "net-v1.bin")),
          new Run(
              new DynamicRecording(
                  "nat",
                  "underlay_nat",
                  Map.of(
                      Endpoint.parse("10.99.0.2:3456"), "ap1",
                      Endpoint.parse("10.99.0.2:58816"), "ap2"),
                  TimeUnit.MILLISECONDS.toNanos(500)),
              List.of(),
              Map.of("gw", "net.bin", "ap1", "net.bin", "ap2", "net.bin")));

  private static final Map<String, List<String>> DATA =
      Map.of("dynamic", List.of("net-v1.bin", "net-v2.bin"), "nat", List.of("net.bin"));

  /** When data began to replace others, in seconds: the beat of the ticks begins anew. */
  private static final Map<String, Double> RELOADS =
      Map.of("dynamic gw", 38.1, "dynamic ap1", 38.1);

  private static final String STUN_OF_ITS_OWN =
      "our data plane sends STUN requests from its own port, so the port need not be taken over, and"
          + " that of external PEX is not asked for; and what is known is not asked again when"
          + " neither servers nor port changed (PortDetector)";
  private static final String LIFETIME =
      "an upload makes a host to ask for 20 s, which here a new revision does not shorten (PEX §17,"
          + " PexHosts)";
  private static final String BEHIND_ONE_NAT =
      "of peers behind one address both the endpoint as seen and that in their network are told, as"
          + " soon as they are known: the recorded daemon tells the second alone, and when asked"
          + " (PEX §6.2, PeerState)";

  /** What differs on purpose, and why. */
  private static final Map<String, String> TOLERATED =
      Map.ofEntries(
          Map.entry(
              "dynamic gw not sent 38.2 from the PEX port to 10.99.0.3:3478 STUN request",
              STUN_OF_ITS_OWN),
          Map.entry(
              "dynamic gw not sent 38.2 from the WireGuard port to 10.99.0.3:3478 STUN request with"
                  + " RESPONSE-PORT",
              STUN_OF_ITS_OWN),
          Map.entry(
              "dynamic ap1 not sent 38.2 from the PEX port to 10.99.0.3:3478 STUN request",
              STUN_OF_ITS_OWN),
          Map.entry(
              "dynamic ap1 not sent 38.2 from the WireGuard port to 10.99.0.3:3478 STUN request with"
                  + " RESPONSE-PORT",
              STUN_OF_ITS_OWN),
          Map.entry(
              "dynamic gw added 43.1 from the PEX port to 10.99.0.3:34971 UPDATE_REQUEST: I have"
                  + " version 1795337477",
              LIFETIME),
          Map.entry(
              "dynamic gw added 43.1 from the PEX port to 10.99.0.3:34971 ENDPOINT_PORT_NOTIFY: my"
                  + " WireGuard port is 3456",
              LIFETIME),
          Map.entry(
              "dynamic gw added 43.1 from the WireGuard port to 10.99.0.3:34971 ENDPOINT_NOTIFY:"
                  + " this is my WireGuard port",
              LIFETIME),
          Map.entry(
              "nat gw added 13.1 in the tunnel to ap1 NOTIFY_PEERS: ap2 is at 10.99.0.2:58816, ap2"
                  + " is at 192.168.77.12:3456 in its own network",
              BEHIND_ONE_NAT),
          Map.entry(
              "nat gw added 13.1 in the tunnel to ap2 NOTIFY_PEERS: ap1 is at 10.99.0.2:3456, ap1 is"
                  + " at 192.168.77.11:3456 in its own network, ap2 is at 192.168.77.12:3456 in its"
                  + " own network",
              BEHIND_ONE_NAT),
          Map.entry(
              "nat gw not sent 13.1 in the tunnel to ap2 NOTIFY_PEERS: ap1 is at 192.168.77.11:3456"
                  + " in its own network, ap2 is at 192.168.77.12:3456 in its own network",
              BEHIND_ONE_NAT));

  /** What differs besides when ticks are those of the recorded daemons. */
  private static final Map<String, String> TOLERATED_AT_RECORDED_TICKS =
      Map.of(
          "nat gw added 13.1 in the tunnel to ap1 NOTIFY_PEERS: ap2 is at 10.99.0.2:58816",
          BEHIND_ONE_NAT);

  /**
   * What differs besides when ticks are 10 ms after each load, and why; see {@link ReplayTest}. A
   * notification goes with an answer to a peer that no tick has found connected yet. PEX §8.2.
   */
  private static final Map<String, String> TOLERATED_AT_OWN_TICKS =
      Map.of(
          "nat gw added 13.0 in the tunnel to ap1 NOTIFY_PEERS: ap2 is at 10.99.0.2:58816",
          BEHIND_ONE_NAT,
          "dynamic gw added 39.1 in the tunnel to ap1 PING: are you there?",
          "ap1's keepalive of 38.113 came before the recorded tick of 38.174, but after ours of"
              + " 38.095",
          "dynamic ap1 added 57.1 in the tunnel to gw PING: are you there?",
          "the gateway's keepalive of 56.183 came before the recorded tick of 56.19, but after ours"
              + " of 56.111",
          "dynamic ap2 not sent 46.2 in the tunnel to ap1 ENDPOINT_PORT_NOTIFY: my WireGuard port is"
              + " 3456",
          "ap1's request of 46.182 came before the recorded tick of 46.203, but after ours of"
              + " 46.060",
          "nat ap2 not sent 13.1 in the tunnel to gw ENDPOINT_PORT_NOTIFY: my WireGuard port is 3456",
          "the gateway's request of 13.085 came before the recorded tick of 13.111, but after ours"
              + " of 13.034",
          "nat ap2 not sent 15.1 in the tunnel to ap1 ENDPOINT_PORT_NOTIFY: my WireGuard port is"
              + " 3456",
          "ap1's request of 15.086 came before the recorded tick of 15.114, but after ours of"
              + " 15.034");

  @TestFactory
  Stream<DynamicTest> tickingEachSecondANodeSendsWhatTheRecordedNodeSent() {
    return eachNode((recording, node) -> List.of(), TOLERATED_AT_OWN_TICKS);
  }

  @TestFactory
  Stream<DynamicTest> tickingWithTheRecordedNodeItSendsWhatThatSent() {
    return eachNode(DynamicReplayTest::recordedTicks, TOLERATED_AT_RECORDED_TICKS);
  }

  private static Stream<DynamicTest> eachNode(
      BiFunction<DynamicRecording, String, List<Long>> ticks, Map<String, String> tolerated) {
    Set<String> expected = new TreeSet<>(TOLERATED.keySet());
    expected.addAll(tolerated.keySet());
    return RUNS.stream()
        .flatMap(
            run ->
                DynamicRecording.NODES.stream()
                    .map(
                        node ->
                            DynamicTest.dynamicTest(
                                run.recording() + " " + node,
                                () ->
                                    replay(
                                        run, node, ticks.apply(run.recording(), node), expected))));
  }

  private static void replay(Run run, String node, List<Long> ticks, Set<String> tolerated) {
    DynamicRecording recording = run.recording();
    DynamicReplay replay =
        new DynamicReplay(
            recording,
            node,
            node.equals("gw") ? List.of() : run.connect(),
            recording.startNanos(node),
            ticks);
    String data = run.dataAtStart().get(node);
    if (data != null) {
      var _ = replay.with(recording.data(data));
    }
    var _ = replay.run();
    assertEquals(
        tolerated.stream()
            .filter(line -> line.startsWith(recording + " " + node))
            .collect(Collectors.toCollection(TreeSet::new)),
        differences(recording, node, replay.said()));
    assertEquals(recordedTransfers(recording, node), names(recording, replay.transferred()));
    assertArrayEquals(
        recording.data(dataOf(recording).getLast()),
        replay.control().data().orElseThrow().octets());
    assertEquals(
        notificationsInTunnel(recording, node),
        dropped(replay),
        "all but notifications in the tunnel is taken");
    candidates(recording, node)
        .forEach(
            (endpoint, peer) -> assertTrue(replay.proposed(peer, endpoint), endpoint::toString));
    replay.close();
  }

  /** Datagrams that the node did not take. */
  private static long dropped(DynamicReplay replay) {
    return replay.control().status().counters().entrySet().stream()
        .filter(
            counter ->
                counter.getKey().startsWith("dropped-")
                    || counter.getKey().startsWith("malformed-")
                    || counter.getKey().startsWith("unsent-"))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  private static long notificationsInTunnel(DynamicRecording recording, String node) {
    return recording.received(node).stream()
        .filter(packet -> packet.way() == DynamicRecording.Way.TUNNEL)
        .filter(packet -> packet.message() instanceof EndpointPortNotify)
        .count();
  }

  /** Where the recorded node tried peers whose endpoint no data tell. */
  private static Map<Endpoint, PublicKey> candidates(DynamicRecording recording, String node) {
    Map<Endpoint, PublicKey> candidates = new HashMap<>();
    for (Endpoint endpoint : firstInitiations(recording, node).keySet()) {
      recording
          .peerAt(endpoint)
          .filter(peer -> !peer.equals(recording.key("gw")))
          .ifPresent(peer -> candidates.put(endpoint, peer));
    }
    return candidates;
  }

  private static Map<Endpoint, Long> firstInitiations(DynamicRecording recording, String node) {
    return WireGuardView.firstInitiations(
        recording.wireGuard(node), recording.underlayAddress(node));
  }

  private static Set<String> differences(
      DynamicRecording recording, String node, List<Said> replayed) {
    List<Said> missing = new ArrayList<>(DynamicReplay.recorded(recording, node));
    Set<String> differences = new TreeSet<>();
    for (Said ours : replayed) {
      missing.stream()
          .filter(theirs -> matches(ours, theirs))
          .min(Comparator.comparingLong(theirs -> Math.abs(theirs.atNanos() - ours.atNanos())))
          .ifPresentOrElse(
              missing::remove, () -> differences.add(line(recording, node, "added", ours)));
    }
    missing.forEach(theirs -> differences.add(line(recording, node, "not sent", theirs)));
    return differences;
  }

  private static boolean matches(Said ours, Said theirs) {
    return ours.way() == theirs.way()
        && ours.text().equals(theirs.text())
        && Math.abs(ours.atNanos() - theirs.atNanos()) <= DynamicReplay.TOLERANCE_NANOS
        && (ours.text().startsWith("QUERY")
            ? ours.connected().contains(theirs.to())
            : ours.to().equals(theirs.to()));
  }

  private static String line(DynamicRecording recording, String node, String what, Said said) {
    return String.format(
        Locale.ROOT,
        "%s %s %s %.1f %s to %s %s",
        recording,
        node,
        what,
        (said.atNanos() - recording.startNanos()) / 1e9,
        said.way(),
        said.to(),
        said.text());
  }

  // Network data.

  /** The data of a run, the newest last. */
  private static List<String> dataOf(DynamicRecording recording) {
    return DATA.getOrDefault(recording.toString(), List.of());
  }

  /** Which data the recorded node transferred in answer to which request. */
  private static Map<Long, String> recordedTransfers(DynamicRecording recording, String node) {
    Map<Long, Packet> requests = new HashMap<>();
    for (Packet packet : recording.received(node)) {
      if (packet.message() instanceof UpdateRequest request) {
        requests.put(request.requestId(), packet);
      }
    }
    Transfers transfers = new Transfers();
    for (Packet packet : recording.sent(node)) {
      DynamicRecording.answerTo(packet.message())
          .ifPresent(
              id ->
                  recording
                      .privateKey(Objects.requireNonNull(requests.get(id)).sender())
                      .ifPresent(key -> transfers.read(packet.message(), key)));
    }
    return names(recording, transfers.complete());
  }

  private static Map<Long, String> names(DynamicRecording recording, Map<Long, byte[]> transfers) {
    Map<Long, String> names = new TreeMap<>();
    transfers.forEach(
        (id, octets) ->
            names.put(
                id,
                dataOf(recording).stream()
                    .filter(file -> Arrays.equals(recording.data(file), octets))
                    .findFirst()
                    .orElse("something else")));
    return names;
  }

  // The recorded ticks.

  /**
   * When the recorded node ticked, as {@link ReplayTest} finds it: HELLO, QUERY and PING are sent
   * in ticks, and a node connects to another in a tick, just after it read the peers' state. The
   * beat begins anew with each load, and is a bit slower than a second.
   */
  private static List<Long> recordedTicks(DynamicRecording recording, String node) {
    List<Long> anchors = new ArrayList<>();
    for (Packet packet : recording.sent(node)) {
      switch (packet.message().opcode()) {
        case HELLO, QUERY, PING -> anchors.add(packet.atNanos());
        default -> {}
      }
    }
    for (long initiation : firstInitiations(recording, node).values()) {
      anchors.add(initiation - TimeUnit.MILLISECONDS.toNanos(1));
    }
    anchors.sort(Comparator.naturalOrder());
    long reload =
        recording.startNanos()
            + Math.round(RELOADS.getOrDefault(recording + " " + node, 1e9) * 1e9);
    List<Long> ticks = new ArrayList<>();
    long first = anchors.getFirst();
    for (long n = (first - recording.startNanos(node)) / TICK_NANOS; n >= 0; n--) {
      ticks.add(first - n * TICK_NANOS);
    }
    for (long anchor : anchors) {
      long last = ticks.getLast();
      if (last < reload && anchor >= reload) {
        for (long tick = last + TICK_NANOS; tick < reload; tick += TICK_NANOS) {
          ticks.add(tick);
        }
        ticks.add(anchor);
        continue;
      }
      long count = Math.round((double) (anchor - last) / TICK_NANOS);
      for (long i = 1; i <= count; i++) {
        ticks.add(last + (anchor - last) * i / count);
      }
    }
    long load = anchors.stream().filter(anchor -> anchor >= reload).findFirst().orElse(first);
    long beat = (ticks.getLast() - load) / (ticks.size() - ticks.indexOf(load) - 1);
    for (long tick = ticks.getLast() + beat; tick < recording.stopNanos(); tick += beat) {
      ticks.add(tick);
    }
    return ticks;
  }
}
