// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tunplane;

import dev.weft.linux.tun.TunDevice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips a class where TUN interfaces and namespaces cannot be made, and says why. Where the system
 * property {@code weft.require} lists {@code tun} it skips nothing, and the class fails for the
 * same reason.
 */
final class TunCondition implements ExecutionCondition {

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    if (context.getTestMethod().isPresent()) {
      return ConditionEvaluationResult.enabled("its class is");
    }
    if (List.of(System.getProperty("weft.require", "").split(",", -1)).contains("tun")) {
      return ConditionEvaluationResult.enabled("weft.require lists tun");
    }
    return obstacle()
        .map(reason -> ConditionEvaluationResult.disabled("requires tun: " + reason))
        .orElseGet(() -> ConditionEvaluationResult.enabled("interfaces can be made"));
  }

  private static Optional<String> obstacle() {
    for (String program : List.of("ip", "ping", "setpriv", "sh")) {
      if (Stream.of((System.getenv("PATH") + ":" + Netns.MORE_FOLDERS).split(":", -1))
          .noneMatch(folder -> Files.isExecutable(Path.of(folder, program)))) {
        return Optional.of(
            "not installed: "
                + program
                + "; Debian: apt-get install iproute2 iputils-ping util-linux");
      }
    }
    Optional<String> reason = TunDevice.unavailableReason();
    if (reason.isPresent()) {
      return reason;
    }
    try {
      Netns.make().close();
      return Optional.empty();
    } catch (AssertionError e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }
}
