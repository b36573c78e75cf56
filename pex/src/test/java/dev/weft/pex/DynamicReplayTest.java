// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.weft.pex.DynamicRecording.Packet;
import dev.weft.pex.DynamicReplay.Said;
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
  private static final List<String> NODES = List.of("gw", "ap1", "ap2");

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

  /** When data replaced others, in seconds: the beat of the ticks begins anew. */
  private static final Map<String, Double> RELOADS =
      Map.of("dynamic gw", 38.17, "dynamic ap1", 38.17);

  private static final Map<String, String> TOLERATED_ALWAYS = Map.of();

  private static final Map<String, String> TOLERATED_WITH_OWN_TICKS = Map.of();

  @TestFactory
  Stream<DynamicTest> tickingEachSecondANodeSendsWhatTheRecordedNodeSent() {
    Set<String> tolerated = new TreeSet<>(TOLERATED_ALWAYS.keySet());
    tolerated.addAll(TOLERATED_WITH_OWN_TICKS.keySet());
    return eachNode((recording, node) -> List.of(), tolerated);
  }

  @TestFactory
  Stream<DynamicTest> tickingWithTheRecordedNodeItSendsWhatThatSent() {
    return eachNode(DynamicReplayTest::recordedTicks, TOLERATED_ALWAYS.keySet());
  }

  private static Stream<DynamicTest> eachNode(
      BiFunction<DynamicRecording, String, List<Long>> ticks, Set<String> tolerated) {
    return RUNS.stream()
        .flatMap(
            run ->
                NODES.stream()
                    .map(
                        node ->
                            DynamicTest.dynamicTest(
                                run.recording() + " " + node,
                                () ->
                                    replay(
                                        run,
                                        node,
                                        ticks.apply(run.recording(), node),
                                        tolerated))));
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
        String.join(
            "\n",
            tolerated.stream()
                .filter(line -> line.startsWith(recording + " " + node))
                .collect(Collectors.toCollection(TreeSet::new))),
        String.join("\n", differences(recording, node, replay.said())));
    assertEquals(recordedTransfers(recording, node), names(recording, replay.transferred()));
    assertArrayEquals(
        recording.data(DATA.get(recording.toString()).getLast()),
        replay.control().data().orElseThrow().octets());
    replay.close();
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
      packet
          .answerTo()
          .ifPresent(
              id ->
                  recording
                      .privateKey(requests.get(id).sender())
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
                DATA.get(recording.toString()).stream()
                    .filter(file -> Arrays.equals(recording.data(file), octets))
                    .findFirst()
                    .orElse("something else")));
    return names;
  }

  // The recorded ticks.

  /**
   * When the recorded node ticked, as {@link ReplayTest} finds it: HELLO, QUERY and PING are sent
   * in ticks, and the first handshake after a load is started in one. The beat begins anew with
   * each load.
   */
  private static List<Long> recordedTicks(DynamicRecording recording, String node) {
    List<Long> anchors = new ArrayList<>();
    for (Packet packet : recording.sent(node)) {
      switch (packet.message().opcode()) {
        case HELLO, QUERY, PING -> anchors.add(packet.atNanos());
        default -> {}
      }
    }
    WireGuardView.firstInitiationNanos(recording.wireGuard(node), recording.underlayAddress(node))
        .stream()
        .map(initiation -> initiation - TimeUnit.MILLISECONDS.toNanos(1))
        .filter(tick -> tick < anchors.getFirst())
        .forEach(anchors::addFirst);
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
        for (long tick = last + TICK_NANOS; tick < anchor; tick += TICK_NANOS) {
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
    for (long tick = ticks.getLast() + TICK_NANOS;
        tick < recording.stopNanos();
        tick += TICK_NANOS) {
      ticks.add(tick);
    }
    return ticks;
  }
}
