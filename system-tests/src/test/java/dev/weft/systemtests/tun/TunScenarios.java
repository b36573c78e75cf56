// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import dev.weft.systemtests.tun.Underlay.End;
import dev.weft.systemtests.tun.WireGuard.Kind;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests that share a lab; each makes an underlay of its own there. */
@Tag("tun")
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(TunCondition.class)
abstract class TunScenarios {

  private TunLab lab;

  @BeforeAll
  final void openLab() throws IOException {
    lab = TunLab.open();
  }

  @AfterAll
  final void closeLab() {
    if (lab != null) {
      lab.close();
    }
  }

  final TunLab lab() {
    return lab;
  }

  /** Starts both ends on a new underlay and joins them; the left one begins. */
  final Tunnel tunnel(Kind leftKind, Kind rightKind, boolean ipv6Underlay, String... jvm) {
    Underlay underlay = Underlay.open(lab);
    WireGuard left = start(underlay, End.LEFT, leftKind, jvm);
    WireGuard right = start(underlay, End.RIGHT, rightKind, jvm);
    return Tunnel.join(underlay, left, right, ipv6Underlay);
  }

  static WireGuard start(Underlay underlay, End end, Kind kind, String... jvm) {
    return WireGuard.start(underlay.of(end), underlay.interfaceName(end), kind, jvm);
  }
}
