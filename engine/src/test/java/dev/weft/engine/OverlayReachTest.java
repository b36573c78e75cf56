// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.OverlayConfig;
import dev.weft.peer.PeerConfig;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OverlayReachTest {

  private static final OverlayReach PLAIN =
      DesiredState.of(
              OverlayConfig.builder("t", Samples.privateKey(1))
                  .peer(
                      PeerConfig.builder(Samples.key(2))
                          .allowedIp(IpPrefix.parse("0.0.0.0/0"))
                          .allowedIp(IpPrefix.parse("::/0"))
                          .allowedIp(IpPrefix.parse("10.1.0.0/16"))
                          .allowedIp(IpPrefix.parse("10.2.0.7/32"))
                          .allowedIp(IpPrefix.parse("2001:db8::7/128"))
                          .build())
                  .build(),
              Samples.key(1),
              Optional.empty())
          .reach();

  @ParameterizedTest
  @ValueSource(strings = {"10.1.0.0", "10.1.255.255", "10.2.0.7", "2001:db8::7"})
  void whatPeersMayUseIsInside(String address) {
    assertTrue(PLAIN.contains(InetAddress.ofLiteral(address)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.2.0.6", "10.0.255.255", "192.0.2.1", "2001:db8::8"})
  void whatOnlyADefaultRouteCoversIsNot(String address) {
    assertFalse(PLAIN.contains(InetAddress.ofLiteral(address)));
  }

  @Test
  void theNetworkOfTheOwnAddressIsInside() {
    OverlayReach reach =
        DesiredState.of(
                Samples.config(2, Samples.threeHosts()),
                Samples.key(2),
                Optional.of(Samples.threeHosts()))
            .reach();
    assertTrue(reach.contains(InetAddress.ofLiteral("fd00::1234")));
    assertTrue(reach.contains(InetAddress.ofLiteral("10.0.0.3")));
    assertTrue(reach.contains(InetAddress.ofLiteral("10.0.0.2")));
    assertFalse(reach.contains(InetAddress.ofLiteral("10.0.0.4")));
  }
}
