// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The scenarios with wireguard-go at both ends: whether the scenarios themselves are right.
 * Switched on by {@code -Dweft.interop.reference=true}.
 */
@Tag("interop")
@EnabledIfSystemProperty(
    named = "weft.interop.reference",
    matches = "true",
    disabledReason = "only after a change to the scenarios")
final class ReferenceIT extends WireGuardScenarios {

  @Override
  Tunnel.SideUnderTest start(Lab inLab, String name) {
    return spec -> WireGuardGo.open(inLab, Lab.OURS, spec);
  }
}
