// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.wgquick;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.weft.systemtests.interop.WgScript;
import dev.weft.systemtests.wgquick.Isolation.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything that wg does, with our interface and with wireguard-go's. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(IsolationCondition.class)
@Timeout(120)
final class WgScriptsIT {

  private static final String MARK = "=== next\n";

  private List<String> ours = List.of();
  private List<String> reference = List.of();

  @BeforeAll
  void runAll(@TempDir Path directory) throws IOException, InterruptedException {
    Isolation isolation = new Isolation(directory);
    StringBuilder all = new StringBuilder("$WG_QUICK_USERSPACE_IMPLEMENTATION wg0\n");
    // The port that the errors are about is in use.
    all.append("wireguard-go wg9 2>/dev/null; wg set wg9 listen-port 4242; ip link set wg9 up\n");
    // The port is opened when the interface comes up.
    all.append("ip link set wg0 up\n");
    for (WgScript script : scripts()) {
      Path file = directory.resolve("script" + scripts().indexOf(script));
      Files.writeString(file, script.program());
      all.append("printf '").append(MARK.replace("\n", "\\n")).append("'\n");
      all.append("bash ").append(file).append(" wg0 2>&1\n");
    }
    ours = outputs(isolation.run(Program.OURS, all.toString()));
    reference = outputs(isolation.run(Program.WIREGUARD_GO, all.toString()));
  }

  /** One for each script. */
  private static List<String> outputs(String all) {
    List<String> parts = List.of(all.split(MARK, -1));
    assertEquals(scripts().size() + 1, parts.size(), all);
    return parts.subList(1, parts.size());
  }

  static List<WgScript> scripts() {
    return WgScript.all();
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void wgPrintsTheSame(WgScript script) {
    int index = scripts().indexOf(script);
    assertNotEquals("", reference.get(index));
    assertEquals(reference.get(index), ours.get(index));
  }
}
