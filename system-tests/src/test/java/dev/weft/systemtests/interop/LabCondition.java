// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import java.util.List;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips a class where no {@link Lab} can be opened, and says why. Where the system property {@code
 * weft.require} lists {@code interop} it skips nothing, and the class fails for the same reason.
 */
final class LabCondition implements ExecutionCondition {

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    if (context.getTestMethod().isPresent()) {
      return ConditionEvaluationResult.enabled("its class is");
    }
    if (List.of(System.getProperty("weft.require", "").split(",", -1)).contains("interop")) {
      return ConditionEvaluationResult.enabled("weft.require lists interop");
    }
    try {
      Lab.open().close();
      return ConditionEvaluationResult.enabled("a lab can be opened");
    } catch (LabUnavailableException e) {
      return ConditionEvaluationResult.disabled("requires interop: " + e.getMessage());
    }
  }
}
