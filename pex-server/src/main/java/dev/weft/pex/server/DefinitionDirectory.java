// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.spi.TimeSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory of definitions. Files are looked at by time, size and identity, since systems do
 * not tell of changes in directories that are mounted from elsewhere; one that was changed just now
 * is read once more at the next look, because a second change may leave the same time. Belongs to
 * the control thread, which may block on files.
 */
final class DefinitionDirectory {

  private static final Logger LOG = LoggerFactory.getLogger(DefinitionDirectory.class);

  private static final String SUFFIX = ".json";
  private static final Duration SETTLED = Duration.ofSeconds(3);

  /** How a file looks from outside. */
  private record Stamp(FileTime modified, long size, Optional<Object> identity) {}

  /**
   * A file as it was last read.
   *
   * @param good the last definition that could be used; stays while the content is broken
   * @param othersVersion counts the changes of the files that the definition names
   */
  record Entry(
      String file, Optional<Definition> good, List<Problem> problems, long othersVersion) {}

  /**
   * What is in the directory.
   *
   * @param entries by file name
   * @param problems of the directory itself
   */
  record Look(List<Entry> entries, List<Problem> problems) {}

  private record Known(Map<Path, Optional<Stamp>> stamps, boolean settled, Entry entry) {}

  private final Path directory;
  private final DefinitionReader reader;
  private final TimeSource time;
  private final int maxFiles;
  private final Map<String, Known> known = new TreeMap<>();
  private List<Problem> lastProblems = List.of();

  DefinitionDirectory(Path directory, DefinitionReader reader, TimeSource time, int maxFiles) {
    this.directory = directory;
    this.reader = reader;
    this.time = time;
    this.maxFiles = maxFiles;
  }

  /** Looks through the directory. If that does not work, everything stays as it was. */
  Look look() {
    List<Problem> problems = new ArrayList<>();
    try {
      NavigableSet<String> names = names(problems);
      known.keySet().retainAll(names);
      names.forEach(this::look);
    } catch (IOException | DirectoryIteratorException e) {
      problems.add(Problem.of("the directory " + directory + " cannot be read: " + e));
    }
    if (!problems.equals(lastProblems)) {
      problems.forEach(problem -> LOG.warn("{}", problem));
      lastProblems = List.copyOf(problems);
    }
    return new Look(known.values().stream().map(Known::entry).toList(), problems);
  }

  /** The first names in order, of which there are no more in memory than are used. */
  private NavigableSet<String> names(List<Problem> problems) throws IOException {
    NavigableSet<String> names = new TreeSet<>();
    boolean tooMany = false;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        if (!name.startsWith(".")) {
          names.add(name);
        }
        if (names.size() > maxFiles) {
          names.pollLast();
          tooMany = true;
        }
      }
    }
    if (tooMany) {
      problems.add(
          Problem.of(
              "more than "
                  + maxFiles
                  + " definitions; those behind "
                  + names.last()
                  + " are left out"));
    }
    return names;
  }

  private void look(String name) {
    Path file = directory.resolve(name);
    Known before = known.get(name);
    if (before != null && before.settled() && before.stamps().equals(stamps(before.stamps()))) {
      return;
    }
    Known now = read(name, file, before);
    if (before == null || !before.entry().problems().equals(now.entry().problems())) {
      now.entry().problems().forEach(problem -> LOG.warn("{}: {}", name, problem));
    }
    known.put(name, now);
  }

  private Known read(String name, Path file, @Nullable Known before) {
    Map<Path, Optional<Stamp>> stamps = new LinkedHashMap<>();
    // Before the content: what changes meanwhile is seen as a change next time.
    stamps.put(file, stamp(file));
    Optional<Definition> good = before == null ? Optional.empty() : before.entry().good();
    List<Problem> problems;
    try {
      Definition definition = reader.read(octets(file));
      good = Optional.of(definition);
      problems = List.of();
      for (Path other : definition.otherFiles()) {
        stamps.put(other, stamp(other));
      }
    } catch (InvalidConfigurationException e) {
      problems = Problem.of(e);
      if (before != null) {
        // The other file may be what is broken.
        before.stamps().keySet().forEach(other -> stamps.putIfAbsent(other, stamp(other)));
      }
    } catch (NoSuchFileException e) {
      problems = List.of(Problem.of("the file has gone, or is a link to one that is not there"));
    } catch (IOException e) {
      problems = List.of(Problem.of("the file cannot be read: " + e));
    }
    long version = before == null ? 0 : before.entry().othersVersion();
    if (before != null && !others(file, before.stamps()).equals(others(file, stamps))) {
      version++;
    }
    return new Known(stamps, isSettled(stamps), new Entry(name, good, problems, version));
  }

  private static Map<Path, Optional<Stamp>> others(Path file, Map<Path, Optional<Stamp>> stamps) {
    Map<Path, Optional<Stamp>> others = new LinkedHashMap<>(stamps);
    others.remove(file);
    return others;
  }

  private static byte[] octets(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("not a file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(DefinitionReader.MAX_OCTETS + 1);
    }
  }

  private boolean isSettled(Map<Path, Optional<Stamp>> stamps) {
    FileTime recent = FileTime.from(time.wallClock().minus(SETTLED));
    return stamps.values().stream()
        .flatMap(Optional::stream)
        .noneMatch(stamp -> stamp.modified().compareTo(recent) > 0);
  }

  private static Map<Path, Optional<Stamp>> stamps(Map<Path, Optional<Stamp>> before) {
    Map<Path, Optional<Stamp>> now = new LinkedHashMap<>();
    before.keySet().forEach(file -> now.put(file, stamp(file)));
    return now;
  }

  private static Optional<Stamp> stamp(Path file) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return Optional.of(
          new Stamp(
              attributes.lastModifiedTime(),
              attributes.size(),
              Optional.ofNullable(attributes.fileKey())));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
