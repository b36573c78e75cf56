// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import dev.weft.overlay.OverlayException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The service's one thread, which owns its networks and may block: on files, and on overlays that
 * close. Thread-safe.
 */
final class ControlThread {

  private static final Logger LOG = LoggerFactory.getLogger(ControlThread.class);

  private final ExecutorService executor =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "weft-pex-server");
            thread.setDaemon(true);
            return thread;
          });

  /** Runs a task after those that wait; not at all once the thread has ended. */
  void execute(Runnable task) {
    try {
      executor.execute(
          () -> {
            try {
              task.run();
            } catch (RuntimeException e) {
              LOG.error("a task failed", e);
            }
          });
    } catch (RejectedExecutionException e) {
      LOG.debug("a task came after the service closed", e);
    }
  }

  /** Runs a task, and tells what came of it. */
  <T> CompletionStage<T> submit(Callable<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    try {
      executor.execute(
          () -> {
            try {
              result.complete(task.call());
            } catch (Exception e) {
              result.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      result.completeExceptionally(new OverlayException("the PEX service is closed", e));
    }
    return result;
  }

  /** Ends the thread after the tasks that wait. Idempotent. */
  void end() {
    executor.shutdown();
  }
}
