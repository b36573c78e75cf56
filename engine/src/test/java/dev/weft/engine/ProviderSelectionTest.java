// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.DataPlaneUnavailableException;
import dev.weft.overlay.PortKind;
import dev.weft.spi.Availability;
import dev.weft.spi.DataPlane;
import dev.weft.spi.DataPlaneContext;
import dev.weft.spi.DataPlaneProvider;
import dev.weft.spi.DataPlaneRequirements;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProviderSelectionTest {

  private static final DataPlaneRequirements NEEDS =
      new DataPlaneRequirements(new PortKind.InProcess(), false, false);

  private record Plane(String name, int priority, Availability availability)
      implements DataPlaneProvider {
    @Override
    public Availability probe(DataPlaneRequirements needs) {
      return availability;
    }

    @Override
    public DataPlane open(DataPlaneContext context) {
      throw new IllegalStateException("selection does not open planes");
    }
  }

  private static final Plane KERNEL =
      new Plane(
          "kernel", 200, new Availability.Unavailable("no privilege", "run with CAP_NET_ADMIN"));
  private static final Plane USERSPACE = new Plane("userspace", 100, new Availability.Available());

  @Test
  void theHighestPriorityThatIsAvailableWinsAndAllProbesAreKept() {
    ProviderSelection.Selected selected =
        ProviderSelection.select(List.of(USERSPACE, KERNEL), Optional.empty(), NEEDS);
    assertEquals(USERSPACE, selected.provider());
    assertEquals(List.of("kernel", "userspace"), List.copyOf(selected.probes().keySet()));
  }

  @Test
  void aNamedPlaneIsUsedOrFailsWithItsRemedy() {
    assertEquals(
        USERSPACE,
        ProviderSelection.select(List.of(KERNEL, USERSPACE), Optional.of("userspace"), NEEDS)
            .provider());
    DataPlaneUnavailableException failure =
        assertThrows(
            DataPlaneUnavailableException.class,
            () ->
                ProviderSelection.select(List.of(KERNEL, USERSPACE), Optional.of("kernel"), NEEDS));
    assertSays(failure, "run with CAP_NET_ADMIN");
  }

  @Test
  void anUnknownNameListsThoseThatExist() {
    DataPlaneUnavailableException failure =
        assertThrows(
            DataPlaneUnavailableException.class,
            () -> ProviderSelection.select(List.of(USERSPACE), Optional.of("dpdk"), NEEDS));
    assertSays(failure, "dpdk");
    assertSays(failure, "userspace");
  }

  @Test
  void noneAvailableListsEveryReasonAndRemedy() {
    Plane broken = new Plane("x", 1, new Availability.Unavailable("why", "what to do"));
    DataPlaneUnavailableException failure =
        assertThrows(
            DataPlaneUnavailableException.class,
            () -> ProviderSelection.select(List.of(broken, KERNEL), Optional.empty(), NEEDS));
    for (String part : List.of("kernel", "no privilege", "x", "why", "what to do")) {
      assertSays(failure, part);
    }
  }

  @Test
  void noneOnThePathNamesAnArtifact() {
    DataPlaneUnavailableException failure =
        assertThrows(
            DataPlaneUnavailableException.class,
            () -> ProviderSelection.select(List.of(), Optional.empty(), NEEDS));
    assertSays(failure, "weft-dataplane-userspace");
  }

  @Test
  void twoOfEqualPriorityAreAnErrorThatNamesBoth() {
    Plane twin = new Plane("twin", 100, new Availability.Available());
    DataPlaneUnavailableException failure =
        assertThrows(
            DataPlaneUnavailableException.class,
            () -> ProviderSelection.select(List.of(USERSPACE, twin), Optional.empty(), NEEDS));
    assertSays(failure, "twin");
    assertSays(failure, "userspace");
  }

  private static void assertSays(Throwable failure, String part) {
    String message = String.valueOf(failure.getMessage());
    assertTrue(message.contains(part), message);
  }
}
