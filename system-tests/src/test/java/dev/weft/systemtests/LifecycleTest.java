// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayState;
import dev.weft.overlay.WeftRuntime;
import dev.weft.peer.PrivateKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(240)
class LifecycleTest {

  private static final int IDLE_OVERLAYS = 2_000;
  private static final int CYCLES = 100;

  private static OverlayConfig config(int number) {
    return Meshes.node("cycle-" + number, PrivateKey.generate(), "10.0.0.1/32")
        .peer(Meshes.peer(PrivateKey.generate(), "10.0.0.2/32").build())
        .build();
  }

  /** Threads that are alive now, without those of the platform and of the test runner. */
  private static Set<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> !name.startsWith("surefire") && !name.startsWith("junit"))
        .collect(Collectors.toSet());
  }

  /** Open sockets of this process. */
  private static long sockets() throws IOException {
    Path descriptors = Path.of("/proc/self/fd");
    Assumptions.assumeTrue(Files.isDirectory(descriptors), "requires linux: no /proc/self/fd");
    try (Stream<Path> list = Files.list(descriptors)) {
      return list.filter(LifecycleTest::isSocket).count();
    }
  }

  private static boolean isSocket(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
    } catch (IOException e) {
      // Closed meanwhile.
      return false;
    }
  }

  /** Waits for the threads of runtimes that came since, with a bound; those that stay are told. */
  private static Set<String> staying(Set<String> before) throws InterruptedException {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("weft") && !before.contains(thread.getName())) {
        thread.join(Duration.ofSeconds(20));
      }
    }
    Set<String> more = threads();
    more.removeAll(before);
    more.removeIf(name -> !name.startsWith("weft"));
    return more;
  }

  @Test
  void twoThousandIdleOverlaysHaveNoThreadOfTheirOwn() {
    try (WeftRuntime runtime = WeftRuntime.create()) {
      List<Overlay> overlays = new ArrayList<>();
      // As many as there are loops, so that all of the runtime's threads run.
      for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
        overlays.add(Overlay.open(config(i), runtime));
      }
      overlays.forEach(overlay -> Meshes.await(overlay.ready()));
      Set<String> before = threads();
      while (overlays.size() < IDLE_OVERLAYS) {
        overlays.add(Overlay.open(config(overlays.size()), runtime));
      }
      overlays.forEach(overlay -> Meshes.await(overlay.ready()));
      Set<String> after = threads();
      after.removeAll(before);
      assertEquals(Set.of(), after, "threads that came with " + IDLE_OVERLAYS + " overlays");
      overlays.forEach(Overlay::close);
      assertTrue(overlays.stream().allMatch(overlay -> overlay.state() == OverlayState.CLOSED));
    }
  }

  @Test
  void openingAndClosingLeavesNoThreadAndNoSocketNorDoesClosingWhileStarting()
      throws IOException, InterruptedException {
    // Once before, so that whatever the platform keeps for good is there already.
    cycle(0, false);
    Set<String> threads = threads();
    long sockets = sockets();
    for (int i = 1; i <= CYCLES; i++) {
      cycle(i, i % 2 == 0);
    }
    assertEquals(Set.of(), staying(threads));
    assertTrue(sockets() <= sockets, sockets() + " sockets, " + sockets + " before");
  }

  private static void cycle(int number, boolean whileStarting) {
    Overlay overlay = Overlay.open(config(number));
    if (whileStarting) {
      assertTrue(
          overlay.state() == OverlayState.STARTING || overlay.state() == OverlayState.RUNNING);
    } else {
      Meshes.await(overlay.ready());
    }
    overlay.close();
    assertEquals(OverlayState.CLOSED, overlay.state());
    if (whileStarting) {
      assertTrue(overlay.ready().toCompletableFuture().isDone());
    } else {
      assertFalse(overlay.ready().toCompletableFuture().isCompletedExceptionally());
    }
  }
}
