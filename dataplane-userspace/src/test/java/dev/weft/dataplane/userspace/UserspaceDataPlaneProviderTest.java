// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.PortKind;
import dev.weft.spi.Availability;
import dev.weft.spi.DataPlaneProvider;
import dev.weft.spi.DataPlaneRequirements;
import dev.weft.testkit.MemoryTun;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class UserspaceDataPlaneProviderTest {

  private final DataPlaneProvider provider = new UserspaceDataPlaneProvider();

  @Test
  void isFoundAsAService() {
    assertTrue(
        ServiceLoader.load(DataPlaneProvider.class).stream()
            .anyMatch(found -> found.type() == UserspaceDataPlaneProvider.class));
    assertEquals("userspace", provider.name());
    assertEquals(100, provider.priority());
  }

  @Test
  void isAvailableWithoutATunDevice() {
    for (PortKind kind :
        List.of(new PortKind.InProcess(), new PortKind.Supplied(new MemoryTun()))) {
      assertTrue(provider.probe(new DataPlaneRequirements(kind, true, true)).isAvailable());
    }
  }

  @Test
  void saysWhatToDoAboutATunDevice() {
    Availability answer =
        provider.probe(new DataPlaneRequirements(new PortKind.Tun("weft0"), false, false));
    Availability.Unavailable unavailable = assertInstanceOf(Availability.Unavailable.class, answer);
    assertTrue(unavailable.reason().contains("weft0"));
    assertTrue(unavailable.remedy().contains("in-process"));
  }

  @Test
  void saysWhatToDoAboutAMissingCipher() {
    Availability answer =
        UserspaceDataPlaneProvider.availability(
            new PortKind.InProcess(), AeadSelection.of(List.of()));
    assertTrue(
        assertInstanceOf(Availability.Unavailable.class, answer).remedy().contains("weft-crypto"));
  }
}
