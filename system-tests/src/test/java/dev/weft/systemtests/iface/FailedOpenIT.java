// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.iface;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Devices that cannot be made. */
@Tag("tun")
@Timeout(60)
@ExtendWith(IfaceCondition.class)
final class FailedOpenIT {

  /** All interfaces but loopback, and the sockets of UDP, of the caller's namespace. */
  private static final String OPEN =
      "ip -brief link | grep -v '^lo '; tail -q -n +2 /proc/net/udp /proc/net/udp6";

  @Test
  void aDeviceWithTooFewQueuesLeavesNoInterfaceAndNoSocketBehind() {
    try (Host host = Host.open()) {
      assertThrows(AssertionError.class, () -> Iface.openWithTooManyWorkers(host, 1));
      assertEquals("", host.attempt(OPEN));

      try (Iface iface = Iface.open(host, 1)) {
        assertEquals(3, host.attempt(OPEN).lines().count(), iface.name());
      }
      assertEquals("", host.attempt(OPEN));
    }
  }
}
