// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A service of the network's data. Immutable. Source: PEX §3.2.
 *
 * @param name its name
 * @param type {@code vxlan}, or one that is only listed
 * @param config its settings: values are {@link String}, {@link Long}, {@link Double}, {@link
 *     Boolean}, {@link List} or {@link Map} of the same
 * @param members names of hosts, groups already resolved, in order, without duplicates
 */
public record ServiceDefinition(
    String name, String type, Map<String, Object> config, List<String> members) {
  public ServiceDefinition {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
    config = Map.copyOf(config);
    members = List.copyOf(members);
  }
}
