// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import java.util.List;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips a class where no {@link TunLab} can be opened, and says why. Where the system property
 * {@code weft.require} lists {@code tun} it skips nothing, and the class fails for the same reason.
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
    String reason = TunLab.unavailableReason();
    return reason.isEmpty()
        ? ConditionEvaluationResult.enabled("a lab can be opened")
        : ConditionEvaluationResult.disabled("requires tun: " + reason);
  }
}
