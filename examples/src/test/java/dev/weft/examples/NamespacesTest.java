// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
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
  void theSummariesOfBothKindsOfPingAreRead() {
    KernelPing full =
        KernelPing.parse(
            """
            10 packets transmitted, 9 received, 10% packet loss, time 184ms
            rtt min/avg/max/mdev = 0.221/0.402/0.713/0.141 ms
            """);
    assertEquals(new KernelPing(10, 9, "0.221/0.402/0.713"), full);
    assertFalse(full.allAnswered());
    KernelPing busybox =
        KernelPing.parse(
            """
            3 packets transmitted, 3 packets received, 0% packet loss
            round-trip min/avg/max = 0.1/0.2/0.3 ms
            """);
    assertEquals(new KernelPing(3, 3, "0.1/0.2/0.3"), busybox);
    assertTrue(busybox.allAnswered());
    assertEquals(
        "0 of 2 answered",
        KernelPing.parse("2 packets transmitted, 0 received, 100% packet loss").toString());
    assertThrows(Failure.class, () -> KernelPing.parse("ping: socket: not permitted"));
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
