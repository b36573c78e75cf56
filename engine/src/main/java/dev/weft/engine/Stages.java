// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.spi.Scheduler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What the engine does with stages. */
final class Stages {

  private Stages() {}

  /**
   * Continues on a queue when a stage ends, in a task of its own: what the continuation throws is
   * the queue's to report, where a stage would keep it to itself.
   */
  static <T> void then(
      CompletionStage<T> stage,
      Scheduler queue,
      BiConsumer<@Nullable T, @Nullable Throwable> next) {
    var _ =
        stage.whenComplete(
            (value, failure) ->
                queue.execute(() -> next.accept(value, failure == null ? null : unwrap(failure))));
  }

  /**
   * A stage of the caller's own: it fails with the cause itself, and completing it harms nobody.
   */
  static CompletionStage<Void> view(CompletableFuture<Void> future) {
    CompletableFuture<Void> view = new CompletableFuture<>();
    var _ =
        future.whenComplete(
            (nothing, failure) -> {
              if (failure != null) {
                view.completeExceptionally(unwrap(failure));
              } else {
                view.complete(null);
              }
            });
    return view;
  }

  /** The cause of a failure, without the wrapping of dependent stages. */
  static Throwable unwrap(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }
}
