// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.config.ConfigWarning;
import dev.weft.config.NetworkData;
import dev.weft.overlay.InvalidConfigurationException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A file with network data that is edited in place: what the tool does not know stays as it is.
 * Values are not checked here but by reading the result, so that there is one place that knows.
 */
final class NetworkDocument {

  private static final int MAX_OCTETS = 1 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final ObjectNode root;
  private final List<String> oldWarnings;

  private NetworkDocument(Path file, ObjectNode root, List<String> oldWarnings) {
    this.file = file;
    this.root = root;
    this.oldWarnings = oldWarnings;
  }

  /** Reads what a file says, with what is ignored in it. */
  static NetworkData.Reading read(Path file) throws IOException {
    return read(file, text(file));
  }

  private static NetworkData.Reading read(Path file, String text) {
    try {
      return NetworkData.read(text);
    } catch (InvalidConfigurationException e) {
      throw Failure.wrongInput(file + ": " + PexToolCommand.oneLine(e));
    }
  }

  /** The text of a document. */
  static String text(Path file) throws IOException {
    try {
      if (Files.size(file) > MAX_OCTETS) {
        throw Failure.wrongInput(file + ": more than " + MAX_OCTETS + " octets");
      }
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw Failure.wrongInput(file + ": there is no such file");
    } catch (CharacterCodingException e) {
      throw Failure.wrongInput(file + ": this is not UTF-8 text");
    }
  }

  /** The text of a document, without white space between its members. */
  static String compact(Path file) throws IOException {
    return open(file).root.toString();
  }

  /** A document that exists, to be edited. */
  static NetworkDocument open(Path file) throws IOException {
    String text = text(file);
    NetworkData.Reading reading = read(file, text);
    JsonNode root = JSON.readTree(text.startsWith("\ufeff") ? text.substring(1) : text);
    return new NetworkDocument(file, (ObjectNode) root, warnings(reading));
  }

  /** A document that does not exist yet. */
  static NetworkDocument create(Path file) throws IOException {
    if (Files.exists(file)) {
      throw Failure.wrongInput(describeExisting(file));
    }
    ObjectNode root = JSON.createObjectNode();
    root.putObject("config");
    root.putObject("hosts");
    return new NetworkDocument(file, root, List.of());
  }

  private static String describeExisting(Path file) {
    return PexToolCommand.describe(new FileAlreadyExistsException(file.toString()));
  }

  private static List<String> warnings(NetworkData.Reading reading) {
    return reading.warnings().stream().map(ConfigWarning::toString).toList();
  }

  /** A section, which is made if it is missing. */
  ObjectNode section(String name) {
    return root.get(name) instanceof ObjectNode section ? section : root.putObject(name);
  }

  /** A new member of a section. */
  ObjectNode add(String section, String kind, String name) {
    if (name.isEmpty() || name.startsWith("@")) {
      throw Failure.wrongInput("the name of a " + kind + " is not empty and has no @ in front");
    }
    if (section(section).has(name)) {
      throw Failure.wrongInput(file + ": there is a " + kind + " " + name + " already");
    }
    return section(section).putObject(name);
  }

  /** A member of a section. */
  ObjectNode existing(String section, String kind, String name) {
    if (section(section).get(name) instanceof ObjectNode object) {
      return object;
    }
    throw Failure.wrongInput(file + ": there is no " + kind + " " + name);
  }

  /** The strings of a list, in order; a list that is missing is empty. */
  static Set<String> texts(ObjectNode object, String name) {
    Set<String> texts = new LinkedHashSet<>();
    if (object.get(name) instanceof ArrayNode array) {
      array.forEach(element -> texts.add(element.asText()));
    }
    return texts;
  }

  /** Writes a list; an empty one is left out. */
  static void putTexts(ObjectNode object, String name, Collection<String> texts) {
    if (texts.isEmpty()) {
      object.remove(name);
      return;
    }
    ArrayNode array = object.putArray(name);
    texts.forEach(array::add);
  }

  /**
   * Writes the file, if the result is no worse than what was read.
   *
   * @param warn told what was odd before and still is
   */
  void save(Consumer<String> warn) throws IOException {
    String text = text();
    NetworkData.Reading reading = read(file, text);
    List<String> added = new ArrayList<>(warnings(reading));
    oldWarnings.forEach(added::remove);
    added.addAll(danglingNames(reading.data()));
    if (!added.isEmpty()) {
      throw Failure.wrongInput(file + ": not changed, since " + String.join("; ", added));
    }
    reading.warnings().forEach(warning -> warn.accept(file + ": " + warning));
    replace(file, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Names that nothing has; readers skip them without a word. */
  private List<String> danglingNames(NetworkData data) {
    Set<String> known = new LinkedHashSet<>(Set.of("@", "@all"));
    data.hosts().forEach(host -> known.add(host.name()));
    data.hosts().forEach(host -> host.groups().forEach(group -> known.add("@" + group)));
    List<String> dangling = new ArrayList<>();
    for (NetworkData.Host host : data.hosts()) {
      host.gateway()
          .filter(gateway -> !known.contains(gateway))
          .ifPresent(
              g -> dangling.add(host.name() + " has the gateway " + g + ", which is no host"));
    }
    for (NetworkData.Service service : data.services()) {
      for (String member : service.members()) {
        if (!known.contains(member)) {
          dangling.add(
              service.name() + " has the member " + member + ", which is no host or group");
        }
      }
    }
    return dangling;
  }

  private String text() {
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    try {
      return JSON.writer(
                  new DefaultPrettyPrinter()
                      .withObjectIndenter(indenter)
                      .withArrayIndenter(new DefaultPrettyPrinter.FixedSpaceIndenter()))
              .writeValueAsString(root)
          + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Writes a file in one step. */
  static void replace(Path file, byte[] octets) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    Files.deleteIfExists(temporary);
    Files.write(temporary, octets);
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
