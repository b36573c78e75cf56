// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import dev.weft.systemtests.interop.CommandResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A network namespace of a lab. Sockets opened by a task of {@link #call} belong to it for good,
 * whichever thread uses them. Thread-safe.
 */
record Namespace(TunLab lab, String name) {

  /** Runs a task on a thread of its own in the namespace. */
  <T> T call(Callable<T> task) {
    return await(start(task), TunLab.COMMAND_BOUND);
  }

  /** Starts a task on a thread of its own in the namespace. */
  <T> CompletableFuture<T> start(Callable<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("in-" + name)
        .start(
            () -> {
              try {
                Native.enter(lab.path("/run/netns/" + name).toString());
                result.complete(task.call());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }

  /** The result of a task; its failure is the test's. */
  static <T> T await(CompletableFuture<T> result, Duration bound) {
    try {
      return result.get(bound.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError(String.valueOf(e.getCause()), e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("not within " + bound, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** The arguments of a command that runs here. */
  List<String> command(List<String> command) {
    List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name));
    all.addAll(command);
    return all;
  }

  /** Runs a short command here. */
  CommandResult run(String... command) {
    return lab.run(command(List.of(command)), TunLab.COMMAND_BOUND);
  }

  /** Runs {@code ip} here, words separated by spaces, and fails if that does. */
  String ip(String words) {
    List<String> command = new ArrayList<>(List.of("ip", "-n", name));
    command.addAll(List.of(words.split(" ", -1)));
    return lab.run(command, TunLab.COMMAND_BOUND).orFail().output();
  }
}
