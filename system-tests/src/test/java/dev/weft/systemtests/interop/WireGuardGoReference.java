// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

/**
 * The scenarios with wireguard-go at both ends: whether the scenarios themselves are right. Of use
 * only after a change to them, and so run only when it is named: {@code
 * -Dtest=WireGuardGoReference}.
 */
final class WireGuardGoReference extends WireGuardScenarios {

  @Override
  Tunnel.SideUnderTest start(Lab inLab, String name) {
    return spec -> WireGuardGo.open(inLab, Lab.OURS, spec);
  }
}
