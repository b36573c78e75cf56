// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.linux.tun.TunDevice;
import dev.weft.overlay.PortKind;
import dev.weft.spi.Availability;
import dev.weft.spi.DataPlaneProvider;
import dev.weft.spi.DataPlaneRequirements;
import dev.weft.testkit.MemoryTun;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class UserspaceDataPlaneProviderTest {

  private final DataPlaneProvider provider = new UserspaceDataPlaneProvider();

  @Test
  void isFoundAsAService() throws IOException {
    Class<?> type = UserspaceDataPlaneProvider.class;
    try (InputStream services =
        type.getResourceAsStream("/META-INF/services/" + DataPlaneProvider.class.getName())) {
      assertEquals(
          type.getName(),
          new String(Objects.requireNonNull(services).readAllBytes(), StandardCharsets.UTF_8)
              .strip());
    }
    ModuleDescriptor module = type.getModule().getDescriptor();
    assertTrue(
        module == null
            || module.provides().stream()
                .anyMatch(provides -> provides.providers().contains(type.getName())));
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
    if (TunDevice.unavailableReason().isEmpty()) {
      assertTrue(answer.isAvailable(), answer.toString());
      return;
    }
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
