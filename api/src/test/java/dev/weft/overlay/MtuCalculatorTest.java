// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class MtuCalculatorTest {

  @Test
  void aTunnelOverEthernetHas1420OctetsOr1440OverIpv4() {
    assertEquals(1420, MtuCalculator.tunnelMtu(1500, true));
    assertEquals(1440, MtuCalculator.tunnelMtu(1500, false));
    assertEquals(InterfaceConfig.DEFAULT_MTU_OCTETS, MtuCalculator.tunnelMtu(1500, true));
  }

  @Test
  void aVxlanOnThatTunnelHas1350AndItsTcpSegments1310Or1290() {
    int mtu = MtuCalculator.vxlanMtu(1420);

    assertEquals(1350, mtu);
    assertEquals(1310, MtuCalculator.maximumSegmentSize(mtu, false));
    assertEquals(1290, MtuCalculator.maximumSegmentSize(mtu, true));
    assertTrue(mtu >= MtuCalculator.IPV6_MINIMUM);
  }

  @Test
  void packetsArePaddedTo16OctetsButNotBeyondTheMtu() {
    assertEquals(0, MtuCalculator.paddedLength(0, 1420));
    assertEquals(16, MtuCalculator.paddedLength(1, 1420));
    assertEquals(16, MtuCalculator.paddedLength(16, 1420));
    assertEquals(32, MtuCalculator.paddedLength(17, 1420));
    assertEquals(1408, MtuCalculator.paddedLength(1408, 1420));
    assertEquals(1420, MtuCalculator.paddedLength(1409, 1420));
    assertEquals(1420, MtuCalculator.paddedLength(1420, 1420));
  }

  @Test
  void anEmptyPacketIsAKeepaliveOf32Octets() {
    assertEquals(32, MtuCalculator.transportDataLength(0, 1420));
    assertEquals(1452, MtuCalculator.transportDataLength(1420, 1420));
  }

  @Property
  void aPacketUpToTheMtuFitsTheUnderlay(
      @ForAll @IntRange(min = 576, max = 65535) int underlay,
      @ForAll boolean ipv6,
      @ForAll @IntRange(min = 0, max = 65535) int inner) {
    int mtu = MtuCalculator.tunnelMtu(underlay, ipv6);
    int length = Math.min(inner, mtu);
    int headers = (ipv6 ? 40 : 20) + 8;
    int padded = MtuCalculator.paddedLength(length, mtu);

    assertTrue(headers + MtuCalculator.transportDataLength(length, mtu) <= underlay);
    assertTrue(padded >= length && padded - length < 16);
    assertTrue(padded % 16 == 0 || padded == mtu);
  }
}
