// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.testkit.NatKind;
import dev.weft.testkit.SimHost;
import dev.weft.testkit.SimNat;
import dev.weft.testkit.SimNetwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Which hosts talk directly through which NATs: every pair of situations, a public node and nothing
 * else. What is measured is what theory allows, and what {@code docs/nat.md} says.
 *
 * <ul>
 *   <li>{@code -Dweft.nat.print=true} prints the tables;
 *   <li>{@code -Dweft.nat.write=true} writes them into {@code docs/nat.md};
 *   <li>{@code -Dweft.nat.pair=addr,sym} runs that pair alone and says what each side saw.
 * </ul>
 */
final class NatGridSim {

  static {
    // That packets do not arrive is the point here: what the log says about it helps nobody.
    System.setProperty("org.slf4j.simpleLogger.log.dev.weft", "error");
  }

  private static final Duration KEEPALIVE = Duration.ofSeconds(10);
  private static final int RUNS = 4;
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration HOLDS = Duration.ofMinutes(1);
  private static final String ROOT_IPV4 = "192.0.2.1";
  private static final String ROOT_IPV6 = "2001:db8:ffff::1";

  private final List<String> deviations = new ArrayList<>();

  /** Puts the two hosts into a world, the first and the second to start. */
  private interface World {
    List<SimHost> place(NatPair pair);
  }

  /** Several runs with both orders of starting; the time is that of the slowest. */
  private Optional<Duration> measure(
      String name, NatTheory theory, World world, Consumer<NatPair> roots) {
    Optional<Duration> worst = Optional.of(Duration.ZERO);
    for (int i = 0; i < (theory.isDirect() ? RUNS : 2); i++) {
      Optional<Duration> taken = run(name + ", run " + i, theory, world, roots, i % 2 == 1);
      worst = worst.flatMap(before -> taken.map(now -> now.compareTo(before) > 0 ? now : before));
    }
    return worst;
  }

  private Optional<Duration> run(
      String run, NatTheory theory, World world, Consumer<NatPair> roots, boolean reversed) {
    try (NatPair pair = new NatPair(run.hashCode(), KEEPALIVE)) {
      roots.accept(pair);
      List<SimHost> hosts = world.place(pair);
      (reversed ? hosts.reversed() : hosts).forEach(pair::join);
      pair.open();
      Optional<Duration> taken = pair.awaitDirect(LIMIT);
      if (taken.isPresent() != theory.isDirect()) {
        deviations.add(run + ": " + taken + " but in theory: " + theory.words() + "\n" + pair);
      } else if (taken.isEmpty()) {
        if (pair.isAnswering() || pair.crossed() > 0) {
          deviations.add(run + ": not connected, but packets get through\n" + pair);
        }
      } else {
        pair.network().runFor(HOLDS);
        if (!pair.isConnected() || !pair.isAnsweringAlone()) {
          deviations.add(run + ": connected but not for long, or not directly\n" + pair);
        }
      }
      if (Boolean.getBoolean("weft.nat.print")) {
        System.out.println(run + ": " + taken.map(time -> time.toMillis() + " ms").orElse("-"));
      }
      return taken;
    }
  }

  private void check(String section, String measured) {
    assertEquals(List.of(), deviations, () -> String.join("\n", deviations));
    NatReport.check(section, measured);
  }

  private static List<SimHost> apart(SimNetwork network, NatSituation one, NatSituation other) {
    return List.of(one.place(network, "alice", 1), other.place(network, "bob", 2));
  }

  private Optional<Duration> measure(NatSituation one, NatSituation other) {
    return measure(
        one.label() + "," + other.label(),
        NatTheory.between(one, other),
        pair -> apart(pair.network(), one, other),
        one.hasIpv6() || other.hasIpv6()
            ? pair -> pair.root(ROOT_IPV6, ROOT_IPV4)
            : pair -> pair.root(ROOT_IPV4));
  }

  private static void forEachPair(BiConsumer<NatSituation, NatSituation> consumer) {
    for (NatSituation row : NatSituation.values()) {
      for (NatSituation column : NatSituation.values()) {
        consumer.accept(row, column);
      }
    }
  }

  @Test
  void theExpectedMatrixFollowsFromMappingsAndFilters() {
    forEachPair(
        (one, other) ->
            assertEquals(
                NatTheory.canBeDirect(one, other),
                NatTheory.between(one, other).isDirect(),
                () -> one + " and " + other));
  }

  @Test
  void everyPairOfSituationsIsDirectWhereTheoryAllows() {
    String only = System.getProperty("weft.nat.pair", "");
    List<NatSituation> all = List.of(NatSituation.values());
    Map<String, String> cells = new HashMap<>();
    for (NatSituation one : all) {
      for (NatSituation other : all.subList(all.indexOf(one), all.size())) {
        String name = one.label() + "," + other.label();
        if (only.isEmpty() || only.equals(name)) {
          String cell = NatReport.cell(NatTheory.between(one, other), measure(one, other));
          cells.put(name, cell);
          cells.put(other.label() + "," + one.label(), cell);
        }
      }
    }
    if (!only.isEmpty()) {
      assertEquals(List.of(), deviations, () -> String.join("\n", deviations));
      return;
    }
    StringBuilder table = new StringBuilder(NatReport.situations()).append('\n');
    table.append(NatReport.row("", all.stream().map(NatGridSim::head).toList()));
    table.append(NatReport.row("---", all.stream().map(column -> "---").toList()));
    for (NatSituation row : all) {
      table.append(
          NatReport.row(
              head(row),
              all.stream()
                  .map(column -> cells.getOrDefault(row.label() + "," + column.label(), ""))
                  .toList()));
    }
    check("grid", table.append('\n').append(NatReport.reasons()).toString());
  }

  private static String head(NatSituation situation) {
    return "`" + situation.label() + "`";
  }

  @Test
  void aPublicNodeForEachFamilyTellsOfBoth() {
    List<NatSituation> all = List.of(NatSituation.values());
    List<String> cells = new ArrayList<>();
    for (NatSituation other : all) {
      NatTheory theory =
          other.hasIpv6() ? NatTheory.DIRECT : NatTheory.between(NatSituation.SYMMETRIC, other);
      cells.add(
          NatReport.cell(
              theory,
              measure(
                  "two families," + other.label(),
                  theory,
                  pair -> apart(pair.network(), NatSituation.DUAL_STACK, other),
                  pair -> {
                    pair.root(ROOT_IPV4);
                    pair.root(ROOT_IPV6);
                  })));
    }
    check(
        "families",
        NatReport.row("", all.stream().map(NatGridSim::head).toList())
            + NatReport.row("---", all.stream().map(column -> "---").toList())
            + NatReport.row(head(NatSituation.DUAL_STACK), cells));
  }

  @Test
  void neighboursAreDirectWhereTheoryAllows() {
    StringBuilder table = new StringBuilder();
    table.append(NatReport.row("", List.of("no hairpinning", "hairpinning")));
    table.append(NatReport.row("---", List.of("---", "---")));
    for (NatKind kind : NatKind.values()) {
      table.append(
          neighbours(
              "two hosts behind one NAT, " + words(kind),
              hairpinning -> NatTheory.DIRECT,
              hairpinning ->
                  pair -> {
                    SimNat nat = nat(pair.network(), kind, hairpinning);
                    return List.of(
                        nat.host("alice", "192.168.1.2"), nat.host("bob", "192.168.1.3"));
                  }));
    }
    for (NatKind kind : NatKind.values()) {
      table.append(
          neighbours(
              "two homes behind one carrier NAT, " + words(kind),
              hairpinning -> NatTheory.behindOneCarrier(kind, hairpinning),
              hairpinning ->
                  pair -> {
                    SimNat carrier = nat(pair.network(), kind, hairpinning);
                    return List.of(
                        NatSituation.home(carrier, "alice", "100.64.0.2"),
                        NatSituation.home(carrier, "bob", "100.64.0.3"));
                  }));
    }
    for (NatKind kind : List.of(NatKind.ADDRESS_RESTRICTED, NatKind.SYMMETRIC)) {
      table.append(
          neighbours(
              "a home and a phone without NAT of its own behind one carrier NAT, " + words(kind),
              hairpinning -> NatTheory.DIRECT,
              hairpinning ->
                  pair -> {
                    SimNat carrier = nat(pair.network(), kind, hairpinning);
                    return List.of(
                        NatSituation.home(carrier, "alice", "100.64.0.2"),
                        carrier.host("bob", "100.64.0.3"));
                  }));
    }
    check("neighbours", table.toString());
  }

  private interface ByHairpinning<T> {
    T of(boolean hairpinning);
  }

  private String neighbours(
      String name, ByHairpinning<NatTheory> theory, ByHairpinning<World> world) {
    List<String> cells = new ArrayList<>();
    for (boolean hairpinning : new boolean[] {false, true}) {
      NatTheory expected = theory.of(hairpinning);
      String run = name + (hairpinning ? ", hairpinning" : "");
      cells.add(
          NatReport.cell(
              expected,
              measure(run, expected, world.of(hairpinning), pair -> pair.root(ROOT_IPV4))));
    }
    return NatReport.row(name, cells);
  }

  @Test
  void neighboursWhoSeeEachOtherInTheirLocalNetworkDoNotMisleadAThird() {
    for (int neighbours = 1; neighbours <= 3; neighbours++) {
      for (NatSituation third : List.of(NatSituation.PORT_RESTRICTED, NatSituation.SYMMETRIC)) {
        Optional<Duration> worst = misled(neighbours, third);
        assertTrue(
            worst.filter(taken -> taken.compareTo(Duration.ofSeconds(20)) <= 0).isPresent(),
            () -> third + ": " + worst);
      }
    }
    assertEquals(List.of(), deviations, () -> String.join("\n", deviations));
  }

  private Optional<Duration> misled(int neighbours, NatSituation third) {
    return measure(
        neighbours + " neighbours, " + third,
        NatTheory.DIRECT,
        pair -> {
          SimNat nat = nat(pair.network(), NatKind.ADDRESS_RESTRICTED, false);
          for (int i = 0; i < neighbours; i++) {
            pair.bystander(nat.host("neighbour" + i, "192.168.1." + (10 + i)));
          }
          return List.of(nat.host("alice", "192.168.1.2"), third.place(pair.network(), "bob", 2));
        },
        pair -> pair.root(ROOT_IPV4));
  }

  private static SimNat nat(SimNetwork network, NatKind kind, boolean hairpinning) {
    return network.nat("NAT", kind, "203.0.113.1").hairpinning(hairpinning);
  }

  private static String words(NatKind kind) {
    return switch (kind) {
      case FULL_CONE -> "full cone";
      case ADDRESS_RESTRICTED -> "address-restricted";
      case PORT_RESTRICTED -> "port-restricted";
      case SYMMETRIC -> "symmetric";
    };
  }
}
