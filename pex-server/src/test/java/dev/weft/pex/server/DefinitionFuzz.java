// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.weft.overlay.ConfigProblem;
import dev.weft.overlay.InvalidConfigurationException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is in a definition ends with a network or with problems that tell no secret. */
final class DefinitionFuzz {

  static Stream<byte[]> definitions() {
    return Stream.of(
            Samples.inline("one", 10),
            Samples.dynamic("dyn"),
            Samples.inline("one", 10).replace("0, \"data\"", "70000, \"data\""),
            Samples.dynamic("dyn").replace("\"listen_port\": 0", "\"bind_address\": \"::1\""),
            Samples.dynamic("\ud800"),
            Samples.dynamic("dyn").replace("0}", "0, \"peer_data\": [\"/none\", \"\\u0000\"]}"),
            "{\"name\": \"f\", \"type\": \"file\", \"file\": \"/dev/zero\", \"key\": \""
                + Samples.KEY
                + "\"}",
            "{}",
            "")
        .map(text -> text.getBytes(StandardCharsets.UTF_8));
  }

  @MethodSource("definitions")
  @DictionaryEntries({
    "\"name\":",
    "\"type\":",
    "\"dynamic\"",
    "\"key\":",
    "\"auth_key\":",
    "\"listen_port\":",
    "\"bind_address\":",
    "\"auth_connect\":",
    "\"peer_data\":",
    "\"keepalive\":",
    "\"tunnels\":",
    "\"data\":",
    "\\ud800",
    "1e400"
  })
  @FuzzTest
  void aDefinitionIsReadOrRefused(byte[] octets) {
    Path nowhere = Path.of("/nonexistent/weft");
    DefinitionReader reader =
        new DefinitionReader(nowhere, nowhere, PexServerConfig.builder().build());
    try {
      Definition definition = reader.read(octets);
      assertEquals(
          definition.config(), reader.read(octets).config(), "the same octets, the same network");
    } catch (InvalidConfigurationException e) {
      assertFalse(e.problems().isEmpty());
      for (ConfigProblem problem : e.problems()) {
        assertFalse(problem.toString().contains(Samples.KEY), problem.location());
        assertTrue(problem.toString().length() < 3_000_000, "no longer than the document");
      }
    }
  }
}
