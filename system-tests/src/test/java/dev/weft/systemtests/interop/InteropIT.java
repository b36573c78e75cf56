// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** This project's node with wireguard-go at the other end. */
@Tag("interop")
final class InteropIT extends WireGuardScenarios {

  @Override
  Tunnel.SideUnderTest start(Lab inLab, String name) {
    NodeProcess node = NodeProcess.start(inLab, Lab.OURS, name);
    return spec -> WeftSide.open(node, spec);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void weGoOnFromAnotherAddressWhenTheLinkGoesDown(boolean ipv6Underlay) {
    Tunnel tunnel = tunnel(Tunnel.Options.of(Tunnel.Initiator.OURS, ipv6Underlay));
    assertComplete(tunnel.pingFromOurs(false, 3, PAUSE));
    Tunnel.Views before = tunnel.views();

    lab().shell(tunnel.link().loseA(Lab.OURS)).orFail();
    awaitPing(tunnel.ours(), tunnel.link().peerInner(false));

    assertComplete(tunnel.pingFromOurs(true, 20, PAUSE));
    assertComplete(tunnel.pingFromPeer(true, 20, PAUSE));
    assertEquals(Optional.of(tunnel.ourEndpoint('b')), tunnel.peer().peer().endpoint());
    assertSameSession(before, tunnel.views());
  }
}
