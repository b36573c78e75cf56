// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.iface;

import dev.weft.dataplane.userspace.OpensslAeadProvider;
import dev.weft.linux.tun.TunDevice;
import dev.weft.spi.Availability;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips a class where no interface can be made, and says why. Where the system property {@code
 * weft.require} lists {@code tun} it skips nothing, and the class fails for the same reason.
 */
final class IfaceCondition implements ExecutionCondition {

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    if (List.of(System.getProperty("weft.require", "").split(",", -1)).contains("tun")) {
      return ConditionEvaluationResult.enabled("weft.require lists tun");
    }
    return reason()
        .map(reason -> ConditionEvaluationResult.disabled("requires tun: " + reason))
        .orElseGet(() -> ConditionEvaluationResult.enabled("interfaces can be made"));
  }

  private static Optional<String> reason() {
    Optional<String> tun = TunDevice.unavailableReason();
    if (tun.isPresent()) {
      return tun;
    }
    if (!(new OpensslAeadProvider().probe() instanceof Availability.Available)) {
      return Optional.of("libcrypto is not there");
    }
    for (String tool : List.of("bash", "ip", "ping")) {
      if (Stream.of((System.getenv("PATH") + ":/usr/sbin:/sbin").split(":", -1))
          .noneMatch(folder -> Files.isExecutable(Path.of(folder, tool)))) {
        return Optional.of("not installed: " + tool);
      }
    }
    try (Host host = Host.open()) {
      host.shell("true");
      return Optional.empty();
    } catch (AssertionError e) {
      return Optional.of("namespaces cannot be made here; run as root");
    }
  }
}
