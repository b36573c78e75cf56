// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine.runtime;

import dev.weft.spi.EndpointResolver;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The platform's resolver, which blocks, on a few threads of its own that end when idle; with a
 * time limit and a bound on waiting requests. Thread-safe.
 */
final class BlockingResolver implements EndpointResolver, AutoCloseable {

  private static final int THREADS = 4;
  private static final int WAITING = 1_024;
  private static final int IDLE_SECONDS = 5;
  private static final int LIMIT_SECONDS = 10;

  private final ThreadPoolExecutor executor;

  BlockingResolver(String name) {
    AtomicInteger number = new AtomicInteger();
    executor =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(WAITING),
            task -> {
              Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
  }

  @Override
  public CompletionStage<List<InetAddress>> resolve(String host) {
    try {
      return CompletableFuture.completedFuture(List.of(InetAddress.ofLiteral(host)));
    } catch (IllegalArgumentException e) {
      // Not a number, so a name.
    }
    CompletableFuture<List<InetAddress>> result = new CompletableFuture<>();
    try {
      executor.execute(
          () -> {
            try {
              result.complete(List.of(InetAddress.getAllByName(host)));
            } catch (UnknownHostException e) {
              result.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      UnknownHostException unknown = new UnknownHostException(host + ": too many names wait");
      unknown.initCause(e);
      result.completeExceptionally(unknown);
    }
    return result.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
