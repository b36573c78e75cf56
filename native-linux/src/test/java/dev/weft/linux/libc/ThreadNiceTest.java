// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.libc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class ThreadNiceTest {

  @Test
  void onlyTheCallingThreadGivesWay() {
    int before = nice();
    CompletableFuture<Integer> inThread = new CompletableFuture<>();
    Thread.ofPlatform()
        .start(
            () -> {
              boolean gaveWay = ThreadNice.giveWay();
              inThread.complete(gaveWay ? nice() : -1);
            });
    assertEquals(19, inThread.join());
    assertEquals(before, nice());
  }

  /** Field 19 of proc(5), counted behind the name in parentheses. */
  private static int nice() {
    try {
      String line = Files.readString(Path.of("/proc/thread-self/stat"));
      return Integer.parseInt(line.substring(line.lastIndexOf(')') + 2).split(" ", -1)[16]);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
