// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.weft.pex.node.PexHosts.Added;
import dev.weft.transport.Endpoint;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class PexHostsTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long NOW = 1000 * SECOND;
  private static final Endpoint GATEWAY = Endpoint.parse("198.51.100.1:51819");

  private final PexHosts hosts = new PexHosts();

  private Added name(long now) {
    return hosts.add(GATEWAY, OptionalLong.empty(), false, now);
  }

  private List<Endpoint> asked(long now) {
    return hosts.look(now).stream().map(PexHosts.PexHost::endpoint).toList();
  }

  /** As at 9.079 s of the recorded network. PEX §17. */
  @Test
  void whoHasJustGivenTheFirstDataIsNotAskedAgainAtOnceIfTheyNameIt() {
    hosts.rebuild(false, NOW);
    name(NOW);
    assertEquals(List.of(GATEWAY), asked(NOW + 5 * SECOND));
    hosts.answered(GATEWAY);
    hosts.rebuild(false, NOW + 5 * SECOND);
    assertEquals(Added.NEW, name(NOW + 5 * SECOND));
    assertEquals(Added.REPEATED, name(NOW + 5 * SECOND));
    assertEquals(List.of(), asked(NOW + 15 * SECOND));
    assertEquals(List.of(GATEWAY), asked(NOW + 16 * SECOND));
  }

  @Test
  void whoHasNotAnsweredIsAskedAtOnceIfTheFirstDataNameItTwice() {
    hosts.rebuild(false, NOW);
    name(NOW);
    assertEquals(List.of(GATEWAY), asked(NOW + 5 * SECOND));
    hosts.rebuild(false, NOW + 6 * SECOND);
    assertEquals(Added.NEW, name(NOW + 6 * SECOND));
    assertEquals(Added.REPEATED_AND_DUE, name(NOW + 6 * SECOND));
  }

  /** As at 38.173 s of the recorded network. PEX §8.3. */
  @Test
  void whoeverLaterDataNameTwiceIsAskedAtOnce() {
    hosts.rebuild(true, NOW);
    name(NOW);
    assertEquals(List.of(GATEWAY), asked(NOW + 5 * SECOND));
    hosts.answered(GATEWAY);
    hosts.rebuild(true, NOW + 6 * SECOND);
    assertEquals(Added.NEW, name(NOW + 6 * SECOND));
    assertEquals(Added.REPEATED_AND_DUE, name(NOW + 6 * SECOND));
  }
}
