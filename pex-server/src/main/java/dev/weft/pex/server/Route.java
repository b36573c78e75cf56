// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import java.util.List;
import java.util.Optional;

/** What a path of the management API means. */
sealed interface Route {

  /** Whether the process works. Needs no token. */
  record Health() implements Route {}

  /** Whether the networks were tried, and one serves. Needs no token. */
  record Readiness() implements Route {}

  /** Counters for Prometheus. */
  record Metrics() implements Route {}

  /** All networks and files. */
  record NetworkList() implements Route {}

  /** One network. */
  record Network(String name) implements Route {}

  /** The signed data of a network. */
  record NetworkData(String name) implements Route {}

  /** A schema of the JSON forms. */
  record Schema(String name) implements Route {}

  /** The route of a decoded path. */
  static Optional<Route> of(String path) {
    String[] parts = path.substring(1).split("/", -1);
    return switch (parts.length) {
      case 1 -> top(parts[0]);
      case 2 -> below(parts[0], parts[1]);
      case 3 ->
          parts[0].equals("networks") && !parts[1].isEmpty() && parts[2].equals("data")
              ? Optional.of(new NetworkData(parts[1]))
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static Optional<Route> top(String name) {
    return switch (name) {
      case "healthz" -> Optional.of(new Health());
      case "readyz" -> Optional.of(new Readiness());
      case "metrics" -> Optional.of(new Metrics());
      case "networks" -> Optional.of(new NetworkList());
      default -> Optional.empty();
    };
  }

  private static Optional<Route> below(String folder, String name) {
    if (name.isEmpty()) {
      return Optional.empty();
    }
    return switch (folder) {
      case "networks" -> Optional.of(new Network(name));
      case "schemas" -> Optional.of(new Schema(name));
      default -> Optional.empty();
    };
  }

  /** Whether everyone may ask. */
  default boolean isPublic() {
    return this instanceof Health || this instanceof Readiness;
  }

  /** The methods that it has. */
  default List<String> methods() {
    return switch (this) {
      case NetworkData data -> List.of("PUT");
      case Health health -> List.of("GET", "HEAD");
      case Readiness readiness -> List.of("GET", "HEAD");
      case Metrics metrics -> List.of("GET", "HEAD");
      case NetworkList list -> List.of("GET", "HEAD");
      case Network network -> List.of("GET", "HEAD");
      case Schema schema -> List.of("GET", "HEAD");
    };
  }
}
