// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes down which JDK runs it, so that the launcher can start the same one. */
final class JavaHome {

  private JavaHome() {}

  public static void main(String[] args) throws IOException {
    Path file = Path.of(args[0]);
    Files.createDirectories(file.getParent());
    Files.writeString(file, System.getProperty("java.home") + "\n");
  }
}
