// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.overlay.DataPlaneUnavailableException;
import dev.weft.spi.Availability;
import dev.weft.spi.DataPlaneProvider;
import dev.weft.spi.DataPlaneRequirements;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Chooses the data plane. Pure but for the providers' probes. */
final class ProviderSelection {

  /**
   * The choice.
   *
   * @param reason why this one, for people
   * @param probes what each provider answered, in order of preference
   */
  record Selected(DataPlaneProvider provider, String reason, Map<String, Availability> probes) {}

  private ProviderSelection() {}

  /**
   * A named plane is used or fails; else the one of highest priority that can meet the needs.
   *
   * @throws DataPlaneUnavailableException if there is none, or two of equal priority
   */
  static Selected select(
      List<DataPlaneProvider> providers, Optional<String> name, DataPlaneRequirements needs) {
    List<DataPlaneProvider> ordered = new ArrayList<>(providers);
    ordered.sort(Comparator.comparingInt(DataPlaneProvider::priority).reversed());
    Map<String, Availability> probes = new LinkedHashMap<>();
    List<DataPlaneProvider> usable = new ArrayList<>();
    for (DataPlaneProvider provider : ordered) {
      if (name.isPresent() && !name.get().equals(provider.name())) {
        continue;
      }
      Availability availability = provider.probe(needs);
      probes.put(provider.name(), availability);
      if (availability.isAvailable()) {
        usable.add(provider);
      }
    }
    if (usable.isEmpty()) {
      throw new DataPlaneUnavailableException(failure(providers, name, probes));
    }
    DataPlaneProvider best = usable.getFirst();
    if (usable.size() > 1 && usable.get(1).priority() == best.priority()) {
      throw new DataPlaneUnavailableException(
          "the data planes "
              + best.name()
              + " ("
              + best.getClass().getName()
              + ") and "
              + usable.get(1).name()
              + " ("
              + usable.get(1).getClass().getName()
              + ") have the same priority "
              + best.priority()
              + "; name one in the configuration");
    }
    String reason =
        name.isPresent()
            ? "named in the configuration"
            : "highest priority (" + best.priority() + ") of those that can do what is needed";
    return new Selected(best, reason, probes);
  }

  private static String failure(
      List<DataPlaneProvider> providers, Optional<String> name, Map<String, Availability> probes) {
    if (providers.isEmpty()) {
      return "no data plane is on the path; add dev.weft:weft-dataplane-userspace";
    }
    StringBuilder message = new StringBuilder();
    if (name.isPresent() && probes.isEmpty()) {
      message.append("the data plane ").append(name.get()).append(" is not on the path; there is");
      providers.forEach(provider -> message.append(' ').append(provider.name()));
      return message.toString();
    }
    message.append("no data plane can be used:");
    probes.forEach(
        (provider, availability) -> {
          if (availability instanceof Availability.Unavailable(String reason, String remedy)) {
            message
                .append(System.lineSeparator())
                .append("  ")
                .append(provider)
                .append(": ")
                .append(reason)
                .append("; remedy: ")
                .append(remedy);
          }
        });
    return message.toString();
  }
}
