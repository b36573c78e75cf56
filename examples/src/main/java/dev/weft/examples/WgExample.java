// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import dev.weft.dataplane.userspace.standalone.WireGuardInterface;
import dev.weft.overlay.OverlayException;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** One WireGuard interface, as wireguard-go makes one, until it is told to end. */
@Command(
    name = "wg",
    description = {
      "Makes one WireGuard interface and waits: configure it with wg, as any other.",
      "Needs root, or CAP_NET_ADMIN. SIGTERM and Ctrl-C end it and remove the interface.",
      "It ends with 0, too, when the interface is removed (ip link delete) or its socket's file is.",
      "It ends with 1 if the interface cannot be made or fails, with 2 for a wrong command line.",
      "WG_TUN_FD in the environment is the descriptor of an open TUN interface to use."
    },
    mixinStandardHelpOptions = true)
final class WgExample implements Callable<Integer> {

  private static final long LOOK_SECONDS = 1;

  @Parameters(paramLabel = "NAME", description = "the interface's name, 1 to 15 characters")
  private String name = "";

  @Option(names = "--json", description = "prints JSON lines")
  private boolean json;

  @Option(names = "--status", description = "prints the status when it changes, once a second")
  private boolean status;

  @Override
  public Integer call() throws InterruptedException {
    if (name.isEmpty() || name.length() > 15 || !name.matches("[^/\\s]+")) {
      throw new Failure(
          Examples.WRONG_INPUT, "NAME: \"" + name + "\" is not 1 to 15 characters without a slash");
    }
    String descriptor = System.getenv("WG_TUN_FD");
    WireGuardInterface wireGuard =
        descriptor == null
            ? WireGuardInterface.open(name)
            : WireGuardInterface.adopt(name, number(descriptor));
    Runtime.getRuntime().addShutdownHook(new Thread(wireGuard::close, "weft-close"));
    Story story = new Story(System.out, json);
    story.result(
        wireGuard.name(),
        "interface " + wireGuard.name() + " is there; configure it with wg",
        Map.of("state", "ready"));
    try {
      report(wireGuard, story);
      return Examples.OK;
    } finally {
      wireGuard.close();
    }
  }

  private static String text(Map<String, String> status) {
    StringBuilder text = new StringBuilder("status");
    status.forEach((key, value) -> text.append("\n  ").append(key).append(' ').append(value));
    return text.toString();
  }

  private static int number(String descriptor) {
    try {
      return Integer.parseUnsignedInt(descriptor);
    } catch (NumberFormatException e) {
      throw new Failure(
          Examples.WRONG_INPUT, "WG_TUN_FD: \"" + descriptor + "\" is no number of a descriptor");
    }
  }

  /** Until the interface ends. */
  private void report(WireGuardInterface wireGuard, Story story) throws InterruptedException {
    String cipher = "";
    Map<String, String> printed = Map.of();
    while (true) {
      Map<String, String> now = wireGuard.status();
      String current = now.getOrDefault("aead", "");
      if (!current.equals(cipher)) {
        cipher = current;
        story.result(wireGuard.name(), "aead " + cipher, Map.of("aead", cipher));
      }
      if (status && !now.equals(printed)) {
        printed = now;
        story.result(wireGuard.name(), text(now), now);
      }
      try {
        WireGuardInterface.End end =
            wireGuard.ended().toCompletableFuture().get(LOOK_SECONDS, TimeUnit.SECONDS);
        String text =
            switch (end) {
              case CLOSED -> "interface " + wireGuard.name() + " is closed";
              case INTERFACE_REMOVED -> "interface " + wireGuard.name() + " was removed: the end";
              case SOCKET_REMOVED ->
                  "the socket of interface " + wireGuard.name() + " was removed: the end";
            };
        story.result(wireGuard.name(), text, Map.of("state", "ended"));
        return;
      } catch (TimeoutException e) {
        // Time to look again.
      } catch (ExecutionException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        throw new OverlayException(String.valueOf(cause.getMessage()), cause);
      }
    }
  }
}
