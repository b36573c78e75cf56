// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What --netns needs no privilege for. */
class NamespacesTest {

  @Test
  void thePackageOfAMissingProgramIsNamed() {
    Failure failure =
        assertThrows(
            Failure.class, () -> SystemCommand.require("weft-has-no-such-program", "iproute2"));
    assertEquals(Examples.WRONG_INPUT, failure.exitCode());
    String message = String.valueOf(failure.getMessage());
    assertTrue(message.contains("apt-get install iproute2"), message);
  }

  @Test
  void theSummariesOfBothKindsOfPingAreAddedUp() {
    KernelPing full =
        KernelPing.parse(
            """
            1 packets transmitted, 1 received, 0% packet loss, time 0ms
            rtt min/avg/max/mdev = 0.221/0.221/0.221/0.000 ms
            1 packets transmitted, 0 received, 100% packet loss, time 0ms
            1 packets transmitted, 1 received, 0% packet loss, time 0ms
            rtt min/avg/max/mdev = 0.713/0.713/0.713/0.000 ms
            """);
    assertEquals(new KernelPing(3, 2, "0.221/0.467/0.713"), full);
    assertFalse(full.allAnswered());
    KernelPing busybox =
        KernelPing.parse(
            """
            1 packets transmitted, 1 packets received, 0% packet loss
            round-trip min/avg/max = 0.1/0.1/0.1 ms
            """);
    assertEquals(new KernelPing(1, 1, "0.100/0.100/0.100"), busybox);
    assertTrue(busybox.allAnswered());
    assertEquals(
        "0 of 2 answered",
        KernelPing.parse("2 packets transmitted, 0 received, 100% packet loss").toString());
    assertThrows(Failure.class, () -> KernelPing.parse("ping: socket: not permitted"));
  }

  /** The last of several requests of one process would wait for two round trips only. */
  @Test
  void eachEchoRequestWaitsSecondsForItsOwnAnswer(@TempDir Path folder) throws Exception {
    Path ping = Files.writeString(folder.resolve("ping"), "#!/bin/sh\necho ping \"$@\"\n");
    assertTrue(ping.toFile().setExecutable(true));
    ProcessBuilder builder =
        new ProcessBuilder(KernelPing.command(InetAddress.ofLiteral("192.0.2.1"), 3));
    builder.environment().put("PATH", folder + ":/usr/bin:/bin");
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor());
    assertEquals("ping -n -q -c 1 -W 5 192.0.2.1\n".repeat(3), output);
  }

  @Test
  void optionsThatContradictAreWrongInput() {
    assertEquals(2, status("openwifi", "--tun", "wg0"));
    assertEquals(2, status("openwifi", "--netns", "--node", "configs/openwifi/ap1.json"));
    assertEquals(2, status("openwifi", "--node", "configs/openwifi/ap1.json", "--tun", "a/b"));
    assertEquals(2, status("openwifi", "--netns", "--config", "configs/openwifi/ap1.json"));
  }

  private static int status(String... arguments) {
    StringWriter errors = new StringWriter();
    CommandLine line = Examples.commandLine().setErr(new PrintWriter(errors));
    return line.execute(arguments);
  }
}
