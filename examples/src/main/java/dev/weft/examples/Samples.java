// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import java.nio.file.Path;

/** Where the sample documents are. */
final class Samples {

  private Samples() {}

  /** A sample of the main job: {@code root}, {@code ap1} or {@code ap2}. */
  static Path openwifi(String node) {
    return home().resolve("examples/configs/openwifi").resolve(node + ".json");
  }

  /** The project's folder, which the launcher tells. */
  private static Path home() {
    return Path.of(System.getProperty("weft.home", ""));
  }
}
