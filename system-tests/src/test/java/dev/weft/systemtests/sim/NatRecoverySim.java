// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.testkit.NatKind;
import dev.weft.testkit.SimNat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A direct session goes on while NATs forget what is silent, and comes back after they forgot
 * everything. Options as in {@link NatGridSim}.
 */
final class NatRecoverySim {

  static {
    System.setProperty("org.slf4j.simpleLogger.log.dev.weft", "error");
  }

  private static final Duration LIMIT = Duration.ofMinutes(2);

  private static final NatKind[][] KINDS = {
    {NatKind.FULL_CONE, NatKind.FULL_CONE},
    {NatKind.ADDRESS_RESTRICTED, NatKind.PORT_RESTRICTED},
    {NatKind.PORT_RESTRICTED, NatKind.PORT_RESTRICTED},
    {NatKind.SYMMETRIC, NatKind.ADDRESS_RESTRICTED},
    {NatKind.ADDRESS_RESTRICTED, NatKind.SYMMETRIC},
  };

  /** What happens to the NATs in mid-session. */
  private enum Incident {
    ONE_REBOOTS("one NAT forgets its mappings"),
    BOTH_REBOOT("both NATs forget their mappings"),
    ONE_MOVES("one NAT gets another public address"),
    BOTH_MOVE("both NATs get other public addresses");

    private final String words;

    Incident(String words) {
      this.words = words;
    }

    void happenTo(SimNat one, SimNat other) {
      switch (this) {
        case ONE_REBOOTS -> one.reboot();
        case BOTH_REBOOT -> {
          one.reboot();
          other.reboot();
        }
        case ONE_MOVES -> one.publicAddress("203.0.113.11");
        case BOTH_MOVE -> {
          one.publicAddress("203.0.113.11");
          other.publicAddress("203.0.113.12");
        }
      }
    }
  }

  /** Two hosts that are directly connected, each behind a NAT. */
  private static final class Session implements AutoCloseable {
    final NatPair pair;
    final SimNat one;
    final SimNat other;

    Session(
        String name,
        Duration keepalive,
        NatKind oneKind,
        NatKind otherKind,
        Duration mappings,
        int neighbours) {
      pair = new NatPair(name.hashCode(), keepalive);
      pair.root("192.0.2.1");
      one = pair.network().nat("one", oneKind, "203.0.113.1").mappingTimeout(mappings);
      other = pair.network().nat("other", otherKind, "203.0.113.2").mappingTimeout(mappings);
      for (int i = 0; i < neighbours; i++) {
        pair.bystander(one.host("neighbour" + i, "192.168.1." + (10 + i)));
      }
      pair.join(one.host("alice", "192.168.1.2"));
      pair.join(other.host("bob", "192.168.1.2"));
      pair.open();
      assertTrue(pair.awaitDirect(LIMIT).isPresent(), () -> name + ": not direct\n" + pair);
    }

    @Override
    public void close() {
      pair.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    // keepalive, life of a mapping
    "10, 30, PORT_RESTRICTED, PORT_RESTRICTED",
    "25, 30, PORT_RESTRICTED, PORT_RESTRICTED",
    "25, 30, SYMMETRIC, ADDRESS_RESTRICTED",
    "25, 30, FULL_CONE, SYMMETRIC",
    "10, 13, PORT_RESTRICTED, PORT_RESTRICTED",
    "25, 28, PORT_RESTRICTED, PORT_RESTRICTED",
    "25, 28, ADDRESS_RESTRICTED, SYMMETRIC"
  })
  void mappingsAreKeptForAnHourWithoutTraffic(
      int keepaliveSeconds, int mappingSeconds, NatKind one, NatKind other) {
    try (Session session =
        new Session(
            "kept",
            Duration.ofSeconds(keepaliveSeconds),
            one,
            other,
            Duration.ofSeconds(mappingSeconds),
            0)) {
      session.pair.network().runFor(Duration.ofHours(1));
      assertEquals(0, session.pair.losses(), session.pair::toString);
      assertTrue(session.pair.isConnected(), session.pair::toString);
      assertTrue(session.pair.isAnsweringAlone(), session.pair::toString);
    }
  }

  @Test
  void aSessionComesBackAfterTheNatsForgotIt() {
    List<Duration> keepalives = List.of(Duration.ofSeconds(10), Duration.ofSeconds(25));
    StringBuilder table = new StringBuilder();
    table.append(
        NatReport.row(
            "", keepalives.stream().map(it -> "keepalive " + it.toSeconds() + " s").toList()));
    table.append(NatReport.row("---", List.of("---", "---")));
    List<String> failures = new ArrayList<>();
    for (Incident incident : Incident.values()) {
      List<String> cells = new ArrayList<>();
      for (Duration keepalive : keepalives) {
        for (NatKind[] kinds : KINDS) {
          suffer(incident, keepalive, kinds, 0, failures);
        }
        cells.add("≤ " + longest(keepalive, 0).toSeconds() + " s");
      }
      table.append(NatReport.row(incident.words, cells));
    }
    assertEquals(List.of(), failures, () -> String.join("\n", failures));
    NatReport.check("recovery", table.toString());
  }

  @Test
  void neighboursInTheLocalNetworkDoNotKeepItFromComingBack() {
    List<String> failures = new ArrayList<>();
    for (Incident incident : Incident.values()) {
      for (NatKind[] kinds : KINDS) {
        suffer(incident, Duration.ofSeconds(10), kinds, 3, failures);
      }
    }
    assertEquals(List.of(), failures, () -> String.join("\n", failures));
  }

  /**
   * The bound: silence is noticed after two keepalives, by then the public node has seen the new
   * mapping and told it, and up to two handshakes may be lost. With others around, the public node
   * may just have been asked for them: then it is asked again after 15 s (PEX §9.4).
   */
  private static Duration longest(Duration keepalive, int neighbours) {
    return keepalive.multipliedBy(2).plusSeconds(neighbours == 0 ? 15 : 30);
  }

  private static void suffer(
      Incident incident,
      Duration keepalive,
      NatKind[] kinds,
      int neighbours,
      List<String> failures) {
    String run =
        incident.words + ", " + keepalive + ", " + kinds[0] + ", " + kinds[1] + ", " + neighbours;
    try (Session session =
        new Session(run, keepalive, kinds[0], kinds[1], Duration.ofMinutes(2), neighbours)) {
      NatPair pair = session.pair;
      pair.network().runFor(Duration.ofMinutes(2));
      incident.happenTo(session.one, session.other);
      Duration outage = pair.awaitTraffic(LIMIT).orElse(LIMIT);
      pair.network().runFor(Duration.ofMinutes(1));
      if (Boolean.getBoolean("weft.nat.print")) {
        System.out.println(run + ": " + outage.toSeconds() + " s");
      }
      if (outage.compareTo(longest(keepalive, neighbours)) > 0
          || !pair.isConnected()
          || !pair.isAnsweringAlone()) {
        failures.add(run + ": " + outage + "\n" + pair);
      }
    }
  }
}
