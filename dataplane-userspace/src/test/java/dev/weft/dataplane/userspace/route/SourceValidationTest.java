// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceValidationTest {

  @TempDir private Path configuration;

  @Test
  void theMarkIsUsedAndPutBack() throws IOException {
    write("all", "src_valid_mark", "0\n");
    SourceValidation validation = new SourceValidation(configuration);
    Problems problems = new Problems();

    validation.useMark(problems);
    assertEquals("1", read("all", "src_valid_mark"));
    validation.useMark(problems);
    validation.restore(problems);

    assertEquals("0", read("all", "src_valid_mark"));
    assertTrue(problems.texts().isEmpty());
  }

  @Test
  void whatTheAdministratorSetStays() throws IOException {
    write("all", "src_valid_mark", "1\n");
    SourceValidation validation = new SourceValidation(configuration);
    Problems problems = new Problems();

    validation.useMark(problems);
    validation.restore(problems);

    assertEquals("1", read("all", "src_valid_mark").strip());
  }

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
  void settingsThatAreMissingAreProblems() {
    Problems problems = new Problems();
    SourceValidation validation = new SourceValidation(configuration.resolve("none"));

    validation.useMark(problems);
    validation.reportStrictFilters("wg0", problems);
    validation.restore(problems);

    assertEquals(2, problems.texts().size());
  }

  private void write(String name, String setting, String value) throws IOException {
    Files.createDirectories(configuration.resolve(name));
    Files.writeString(configuration.resolve(name).resolve(setting), value);
  }

  private String read(String name, String setting) throws IOException {
    return Files.readString(configuration.resolve(name).resolve(setting));
  }
}
