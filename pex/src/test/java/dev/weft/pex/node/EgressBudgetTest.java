// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class EgressBudgetTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long NOW = -5 * SECOND; // clocks may begin anywhere
  private static final int KIB = 1024;

  private final EgressBudget budget = new EgressBudget(new ScriptedRandom(3));

  private static InetAddress address(String text) {
    return InetAddress.ofLiteral(text);
  }

  private boolean reserve(String address, int octets, long now) {
    return budget.reserve(address(address), octets, false, now);
  }

  @Test
  void aPrefixGetsItsShareAtOnceAndAgainInTenSeconds() {
    assertTrue(reserve("192.0.2.1", 200 * KIB, NOW));
    assertTrue(reserve("192.0.2.1", 56 * KIB, NOW));
    assertFalse(reserve("192.0.2.1", 1, NOW));
    assertFalse(reserve("192.0.2.1", 128 * KIB, NOW + 4 * SECOND));
    assertTrue(reserve("192.0.2.1", 128 * KIB, NOW + 5 * SECOND));
    assertFalse(reserve("192.0.2.1", 257 * KIB, NOW + 500 * SECOND), "never more at once");
  }

  @Test
  void whatIsRefusedIsNotTaken() {
    assertTrue(reserve("192.0.2.1", 200 * KIB, NOW));
    assertFalse(reserve("192.0.2.1", 200 * KIB, NOW));
    assertTrue(reserve("192.0.2.1", 56 * KIB, NOW));
  }

  @Test
  void ipv6AddressesOfOneNetworkShare() {
    assertTrue(reserve("2001:db8::1", 256 * KIB, NOW));
    assertFalse(reserve("2001:db8::ffff:2", KIB, NOW));
    assertTrue(reserve("2001:db8:0:1::1", KIB, NOW));
    assertTrue(reserve("192.0.2.2", KIB, NOW));
  }

  @Test
  void aQuarterOfTheWholeIsKeptForProvenAddresses() {
    int taken = 0;
    for (int i = 0; i < 200; i++) {
      taken += reserve("10.0.0." + i, 128 * KIB, NOW) ? 128 : 0;
    }
    assertEquals(6 * KIB, taken);
    for (int i = 0; i < 200; i++) {
      taken += budget.reserve(address("192.0.2.1"), 128 * KIB, true, NOW) ? 128 : 0;
    }
    assertEquals(8 * KIB, taken);
    assertTrue(reserve("10.0.1.1", 128 * KIB, NOW + SECOND));
  }

  @Test
  void manyPrefixesMakeNoneForgotten() {
    assertTrue(reserve("192.0.2.1", 256 * KIB, NOW));
    for (int i = 0; i < 100_000; i++) {
      reserve("10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255), 1, NOW);
    }
    assertFalse(reserve("192.0.2.1", 10 * KIB, NOW + SECOND / 10));
  }

  @Test
  void limitsOutOfRangeAreRefused() {
    ScriptedRandom random = new ScriptedRandom(1);
    Duration period = Duration.ofSeconds(10);
    assertThrows(IllegalArgumentException.class, () -> new EgressBudget(random, 0, period, 1));
    assertThrows(IllegalArgumentException.class, () -> new EgressBudget(random, 1, period, 0));
    assertThrows(
        IllegalArgumentException.class, () -> new EgressBudget(random, 1, Duration.ZERO, 1));
  }
}
