// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.transport.InterfaceAddress;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OwnAddressesTest {

  private final OwnAddresses own =
      new OwnAddresses(
          List.of(
              InterfaceAddress.parse("10.0.0.1/8"),
              InterfaceAddress.parse("10.7.0.1/24"),
              InterfaceAddress.parse("fd00::1/128")));

  @Test
  void sendsFromTheAddressWhoseNetworkHoldsTheTarget() {
    assertEquals(source("10.7.0.1"), own.sourceFor(InetAddress.ofLiteral("10.7.0.200")));
    assertEquals(source("10.0.0.1"), own.sourceFor(InetAddress.ofLiteral("10.200.0.1")));
    assertEquals(source("fd00::1"), own.sourceFor(InetAddress.ofLiteral("2001:db8::1")));
  }

  @Test
  void sendsFromNoAddressOfTheOtherVersion() {
    OwnAddresses v4 = new OwnAddresses(List.of(InterfaceAddress.parse("10.0.0.1/8")));
    assertEquals(Optional.empty(), v4.sourceFor(InetAddress.ofLiteral("fd00::2")));
    assertEquals(
        Optional.empty(), new OwnAddresses(List.of()).sourceFor(InetAddress.ofLiteral("10.0.0.2")));
  }

  @Test
  void knowsItsAddressesInPacketMemory() {
    byte[] octets = {9, 10, 7, 0, 1, 9};
    assertTrue(own.contains(MemorySegment.ofArray(octets), 1, 4));
    assertFalse(own.contains(MemorySegment.ofArray(octets), 0, 4));
  }

  private static Optional<InetAddress> source(String address) {
    return Optional.of(InetAddress.ofLiteral(address));
  }
}
