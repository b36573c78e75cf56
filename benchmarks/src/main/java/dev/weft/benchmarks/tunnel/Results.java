// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The JSON that a measurement writes: every sample, and on what machine it was taken. */
final class Results {

  private final ObjectMapper json = new ObjectMapper();
  private final ObjectNode root = json.createObjectNode();
  private final ArrayNode candidates;
  private final ArrayNode rounds;
  private final ArrayNode samples;

  Results(Options options, Programs programs) {
    root.put("format", 1);
    root.put("started", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    root.putObject("machine")
        .put("cpu", Machine.cpuModel())
        .put("cores", Runtime.getRuntime().availableProcessors())
        .put("memoryGib", Math.round(Machine.memoryGib()))
        .put("system", Machine.system())
        .put("kernel", Machine.kernel())
        .put("java", programs.javaVersion())
        .put("iperf3", programs.firstLine("iperf3", "--version"))
        .put("wg", programs.firstLine("wg", "--version"));
    root.putObject("options")
        .put("rounds", options.rounds())
        .put("seconds", options.seconds())
        .put("warmUpSeconds", options.warmUpSeconds())
        .put("coldRuns", options.coldRuns());
    candidates = root.putArray("candidates");
    rounds = root.putArray("rounds");
    samples = root.putArray("samples");
  }

  /**
   * @param failure why it was not measured, or empty
   */
  void candidate(Candidate candidate, String version, String aead, String failure) {
    ObjectNode node =
        candidates
            .addObject()
            .put("id", candidate.id())
            .put("label", candidate.label())
            .put("group", candidate.group())
            .put("version", version)
            .put("aead", aead)
            .put("failure", failure);
    ArrayNode words = node.putArray("command");
    candidate.command().forEach(words::add);
  }

  void round(int number, double load, double idleShare, boolean isQuiet) {
    rounds
        .addObject()
        .put("round", number)
        .put("load", load)
        .put("idleShare", idleShare)
        .put("quiet", isQuiet);
  }

  /** An empty sample, to be filled. */
  ObjectNode sample(int round, Traffic traffic, Candidate candidate) {
    return samples
        .addObject()
        .put("round", round)
        .put("traffic", traffic.id())
        .put("candidate", candidate.id());
  }

  /** Writes what there is so far. */
  void write(Path file) {
    try {
      Path absolute = file.toAbsolutePath();
      Path parent = absolute.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.writeString(
          absolute, json.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
    } catch (IOException e) {
      throw new BenchmarkException("cannot write " + file, e);
    }
  }
}
