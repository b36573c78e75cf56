// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceValidationTest {

  @TempDir private Path configuration;

  @Test
  void aStrictFilterOfTheUnderlayIsReported() throws IOException {
    write("all", "rp_filter", "0\n");
    write("eth0", "rp_filter", "1\n");
    write("eth1", "rp_filter", "2\n");
    write("wg0", "rp_filter", "1\n");
    Problems problems = new Problems();

    new SourceValidation(configuration).reportStrictFilters("wg0", problems);

    assertEquals(1, problems.texts().size());
    assertTrue(problems.texts().getFirst().contains("net.ipv4.conf.eth0.rp_filter"));
  }

  @Test
  void aStrictFilterThatALooseOneForAllOverridesIsNoProblem() throws IOException {
    write("all", "rp_filter", "2\n");
    write("eth0", "rp_filter", "1\n");
    Problems problems = new Problems();

    new SourceValidation(configuration).reportStrictFilters("wg0", problems);

    assertEquals(List.of(), problems.texts());
  }

  @Test
  void settingsThatAreMissingAreProblems() {
    Problems problems = new Problems();
    new SourceValidation(configuration.resolve("none")).reportStrictFilters("wg0", problems);

    assertEquals(1, problems.texts().size());
  }

  private void write(String name, String setting, String value) throws IOException {
    Files.createDirectories(configuration.resolve(name));
    Files.writeString(configuration.resolve(name).resolve(setting), value);
  }
}
