// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tunplane;

import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import java.io.File;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** Opens an overlay and closes it somewhere on its way up, again and again, in this process. */
final class Churn {

  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final long LONGEST_START_NANOS = Duration.ofMillis(60).toNanos();

  private final int count;
  private final long seed;

  Churn(int count, long seed) {
    this.count = count;
    this.seed = seed;
  }

  /** What is in this process and its namespace. */
  private record Present(Set<String> threads, int descriptors, Set<String> interfaces) {

    static Present now() {
      try {
        return new Present(
            // Pools number their threads anew with each overlay.
            Thread.getAllStackTraces().keySet().stream()
                .map(thread -> thread.getName().replaceAll("\\d+", "N"))
                .collect(Collectors.toCollection(TreeSet::new)),
            new File("/proc/self/fd").list().length,
            NetworkInterface.networkInterfaces()
                .map(NetworkInterface::getName)
                .collect(Collectors.toCollection(TreeSet::new)));
      } catch (SocketException e) {
        throw new IllegalStateException(e);
      }
    }

    boolean isWithin(Present other) {
      return other.threads.containsAll(threads)
          && descriptors <= other.descriptors
          && interfaces.equals(other.interfaces);
    }
  }

  /**
   * Runs it.
   *
   * @return how many were ready before they were closed
   * @throws IllegalStateException if anything is left
   */
  String run(OverlayConfig config) {
    // What stays for the life of the process comes with the first.
    Overlay first = Overlay.open(config);
    first.ready().toCompletableFuture().join();
    first.close();
    Present before = settled();
    Random random = new Random(seed);
    int ready = 0;
    List<String> failures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Overlay overlay = Overlay.open(config);
      switch (random.nextInt(4)) {
        case 0 -> {}
        case 1 -> overlay.ready().toCompletableFuture().join();
        case 2 -> LockSupport.parkNanos(random.nextLong(LONGEST_START_NANOS));
        default -> {
          var _ = overlay.rebind();
          var _ = overlay.update(config.toBuilder().peers(List.of()).build());
          Thread.ofPlatform().start(overlay::close);
        }
      }
      overlay.close();
      var end = overlay.ready().toCompletableFuture();
      if (!end.isCompletedExceptionally()) {
        ready++;
      } else {
        try {
          end.join();
        } catch (CompletionException e) {
          if (!String.valueOf(e.getCause()).contains("was closed")) {
            failures.add(String.valueOf(e.getCause()));
          }
        }
      }
    }
    if (!failures.isEmpty()) {
      throw new IllegalStateException(failures.size() + " failed: " + failures.getFirst());
    }
    long start = System.nanoTime();
    while (!Present.now().isWithin(before)) {
      if (System.nanoTime() - start > BOUND.toNanos()) {
        throw new IllegalStateException("before " + before + ", after " + Present.now());
      }
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    }
    return "" + ready;
  }

  /** When nothing has changed for half a second. */
  private static Present settled() {
    Present last = Present.now();
    for (int same = 0; same < 10; ) {
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
      Present next = Present.now();
      same = next.equals(last) ? same + 1 : 0;
      last = next;
    }
    return last;
  }
}
