// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import java.io.Serial;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.opentest4j.TestAbortedException;

/** Adds the states and logs of both ends to a failure. */
final class FailureReport implements TestExecutionExceptionHandler {

  /** A test class that can tell what its programs say. */
  interface Source {
    String failureReport();
  }

  /** Carries the text. */
  private static final class BothEnds extends Exception {
    @Serial private static final long serialVersionUID = 1;

    BothEnds(String text) {
      super(text, null, false, false);
    }
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    if (!(failure instanceof TestAbortedException)
        && context.getRequiredTestInstance() instanceof Source source) {
      try {
        failure.addSuppressed(new BothEnds("\n" + source.failureReport()));
      } catch (RuntimeException | AssertionError e) {
        failure.addSuppressed(e);
      }
    }
    throw failure;
  }
}
