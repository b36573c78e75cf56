// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.pex.server.DefinitionDirectory.Entry;
import dev.weft.spi.TimeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DefinitionDirectoryTest {

  /** Long before the clock of the test. */
  private static final Instant OLD = Instant.parse("2026-01-01T00:00:00Z");

  private static final class Clock implements TimeSource {
    private Instant now = OLD.plus(Duration.ofDays(1));

    @Override
    public long nanoTime() {
      return 0;
    }

    @Override
    public Instant wallClock() {
      return now;
    }
  }

  @TempDir private Path folder;
  private final Clock clock = new Clock();

  private DefinitionDirectory directory(int maxFiles) {
    PexServerConfig config = PexServerConfig.builder().build();
    return new DefinitionDirectory(
        folder, new DefinitionReader(folder, folder, config), clock, maxFiles);
  }

  private Path write(String name, String text, Instant modified) throws IOException {
    Path file = Files.writeString(folder.resolve(name), text);
    return Files.setLastModifiedTime(file, FileTime.from(modified));
  }

  private static Entry only(DefinitionDirectory.Look look) {
    assertEquals(List.of(), look.problems());
    assertEquals(1, look.entries().size());
    return look.entries().getFirst();
  }

  @Test
  void aChangeOfTheSameLengthAndTimeIsSeenWhenItIsYoung() throws IOException {
    DefinitionDirectory directory = directory(10);
    write("a.json", Samples.inline("one", 10), clock.now);
    assertEquals("one", only(directory.look()).good().orElseThrow().name());
    write("a.json", Samples.inline("two", 10), clock.now);
    assertEquals("two", only(directory.look()).good().orElseThrow().name());
  }

  @Test
  void aFileThatDoesNotChangeIsNotReadAgain() throws IOException {
    DefinitionDirectory directory = directory(10);
    write("a.json", Samples.inline("one", 10), OLD);
    Definition before = only(directory.look()).good().orElseThrow();
    Definition after = only(directory.look()).good().orElseThrow();
    assertEquals(System.identityHashCode(before), System.identityHashCode(after));
  }

  @Test
  void aFileThatADefinitionNamesIsWatchedToo() throws IOException {
    DefinitionDirectory directory = directory(10);
    Files.createDirectory(folder.resolve("data"));
    write("data/net.json", Samples.data(10), OLD);
    write(
        "a.json",
        "{\"name\": \"f\", \"type\": \"file\", \"file\": \"data/net.json\", \"key\": \""
            + Samples.KEY
            + "\"}",
        OLD);
    Entry before = only(directory.look());
    write("data/net.json", Samples.data(25), OLD.plusSeconds(1));
    Entry after = only(directory.look());
    assertEquals(before.othersVersion() + 1, after.othersVersion());
    assertFalse(before.good().orElseThrow().config().equals(after.good().orElseThrow().config()));
    Files.delete(folder.resolve("data/net.json"));
    Entry gone = only(directory.look());
    assertEquals("/file", gone.problems().getFirst().location());
    assertEquals(after.good(), gone.good());
    write("data/net.json", Samples.data(25), OLD.plusSeconds(2));
    assertEquals(List.of(), only(directory.look()).problems());
  }

  @Test
  void aTooLargeFileIsRefusedWithoutBeingReadToItsEnd() throws IOException {
    write("a.json", " ".repeat(DefinitionReader.MAX_OCTETS + 100), OLD);
    Entry entry = only(directory(10).look());
    assertTrue(entry.problems().getFirst().message().contains("octets at most"));
  }

  @Test
  void foldersHiddenFilesAndOthersAreNoDefinitions() throws IOException {
    Files.createDirectory(folder.resolve("folder.json"));
    write(".hidden.json", "{}", OLD);
    write("a.json~", "{}", OLD);
    Entry entry = only(directory(10).look());
    assertEquals("folder.json", entry.file());
    assertTrue(entry.problems().getFirst().message().contains("not a file"));
  }

  @Test
  void octetsThatAreNotTextAreAProblem() throws IOException {
    Files.write(folder.resolve("a.json"), new byte[] {'{', (byte) 0xff, '}'});
    assertTrue(only(directory(10).look()).problems().getFirst().message().contains("UTF-8"));
  }

  @Test
  void aDirectoryThatGoesLeavesEverythingAsItWas() throws IOException {
    DefinitionDirectory directory = directory(10);
    Path file = write("a.json", Samples.inline("one", 10), OLD);
    only(directory.look());
    Files.delete(file);
    Files.delete(folder);
    DefinitionDirectory.Look look = directory.look();
    assertEquals(1, look.entries().size());
    assertEquals(1, look.problems().size());
    Files.createDirectory(folder);
    assertEquals(List.of(), directory.look().entries());
  }
}
