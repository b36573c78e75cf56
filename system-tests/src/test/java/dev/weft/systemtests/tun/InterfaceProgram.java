// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import dev.weft.dataplane.userspace.standalone.WireGuardInterface;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;

/**
 * Makes an interface and keeps it until its input, a signal or the interface ends. Says {@code
 * ready} when it is there, and answers each line of input with the status.
 */
public final class InterfaceProgram {

  private InterfaceProgram() {}

  /**
   * Arguments: the interface's name; and if it is to be made first and adopted then, the flags that
   * it is made with.
   */
  public static void main(String[] args) throws InterruptedException, IOException {
    WireGuardInterface wireGuard =
        args.length > 1
            ? WireGuardInterface.adopt(
                args[0], Native.openTun(args[0], Integer.parseInt(args[1], 16)))
            : WireGuardInterface.open(args[0]);
    Runtime.getRuntime().addShutdownHook(new Thread(wireGuard::close, "close"));
    System.out.println("ready");
    Thread.ofPlatform().daemon().name("input").start(() -> serve(wireGuard));
    try {
      wireGuard.ended().toCompletableFuture().get();
    } catch (ExecutionException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  private static void serve(WireGuardInterface wireGuard) {
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try {
      while (input.readLine() != null) {
        System.out.println(text(wireGuard.status()));
      }
    } catch (IOException e) {
      System.err.println(e);
    }
    wireGuard.close();
  }

  private static String text(Map<String, String> status) {
    return status.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .collect(Collectors.joining(";"));
  }
}
