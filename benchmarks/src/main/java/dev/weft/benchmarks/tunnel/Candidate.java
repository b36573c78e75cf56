// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A row of the comparison, as candidates.json defines it.
 *
 * @param group what the report compares: {@code weft}, {@code wireguard-go}, {@code boringtun},
 *     {@code limit}
 * @param command the program and its arguments, with placeholders such as {@code {interface}};
 *     empty for plain veth
 * @param version the command that prints the version, or empty
 * @param environment variables set for the program
 */
record Candidate(
    String id,
    String label,
    String group,
    List<String> command,
    List<String> version,
    Map<String, String> environment) {

  static final String WEFT = "weft";
  static final String BORINGTUN = "boringtun";
  static final String LIMIT = "limit";
  static final String NEWEST_WIREGUARD_GO = "wireguard-go";
  static final String INSTALLED_WIREGUARD_GO = "wireguard-go-installed";

  Candidate {
    command = List.copyOf(command);
    version = List.copyOf(version);
    environment = Map.copyOf(environment);
  }

  boolean isTunnel() {
    return !command.isEmpty();
  }

  /** The candidates that this benchmark knows. */
  static List<Candidate> builtIn() {
    try (InputStream json = Candidate.class.getResourceAsStream("candidates.json")) {
      if (json == null) {
        throw new BenchmarkException("candidates.json is not on the class path");
      }
      return parse(new ObjectMapper().readTree(json));
    } catch (IOException e) {
      throw new BenchmarkException("cannot read candidates.json", e);
    }
  }

  static List<Candidate> read(Path file) {
    try {
      return parse(new ObjectMapper().readTree(file.toFile()));
    } catch (IOException e) {
      throw new BenchmarkException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static List<Candidate> parse(JsonNode array) {
    List<Candidate> candidates = new ArrayList<>();
    for (JsonNode node : array) {
      Map<String, String> environment = new LinkedHashMap<>();
      node.path("environment")
          .properties()
          .forEach(entry -> environment.put(entry.getKey(), entry.getValue().asText()));
      candidates.add(
          new Candidate(
              node.path("id").asText(),
              node.path("label").asText(),
              node.path("group").asText(),
              strings(node.path("command")),
              strings(node.path("version")),
              environment));
    }
    return candidates;
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(node -> strings.add(node.asText()));
    return strings;
  }

  /**
   * Puts values for placeholders; a word that is only a placeholder becomes as many words as its
   * value has.
   *
   * @return empty if a placeholder has no value, which is how a candidate is absent
   */
  static Optional<List<String>> fill(List<String> words, Map<String, List<String>> values) {
    List<String> filled = new ArrayList<>();
    for (String word : words) {
      List<String> whole = values.get(word);
      if (whole != null) {
        filled.addAll(whole);
        continue;
      }
      String replaced = word;
      for (Map.Entry<String, List<String>> entry : values.entrySet()) {
        replaced = replaced.replace(entry.getKey(), String.join(" ", entry.getValue()));
      }
      if (replaced.matches("\\{[a-z-]+}")) {
        return Optional.empty();
      }
      filled.add(replaced);
    }
    return Optional.of(filled);
  }
}
