// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.dataplane.userspace.standalone.WireGuardInterface;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code wg NAME} as a process: what it says and how it ends. */
@Timeout(120)
class WgExampleTest {

  @TempDir private Path work;

  private record Ended(int exitCode, String output) {}

  private Ended run(List<String> before, String script, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(before);
    command.addAll(List.of("bash", "-c", script, "script"));
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx128m",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Examples.class.getName(),
            "wg"));
    command.addAll(List.of(arguments));
    Path output = work.resolve("output");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), () -> "runs on: " + command);
    } finally {
      process.destroyForcibly();
    }
    return new Ended(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a/b", "a b", "sixteen-letters-"})
  void aNameThatNoInterfaceHasIsWrongInput(String name) throws Exception {
    Ended ended = run(List.of(), "exec \"$@\"", name);
    assertEquals(Examples.WRONG_INPUT, ended.exitCode(), ended::output);
    assertEquals(1, ended.output().lines().count(), ended::output);
    assertTrue(ended.output().startsWith("error: NAME: "), ended::output);
  }

  @Test
  void aDescriptorThatIsNoNumberIsWrongInput() throws Exception {
    Ended ended = run(List.of(), "WG_TUN_FD=x exec \"$@\"", "wg0");
    assertEquals(Examples.WRONG_INPUT, ended.exitCode(), ended::output);
    assertEquals("error: WG_TUN_FD: \"x\" is no number of a descriptor\n", ended.output());
  }

  @Test
  void withoutThePrivilegeItSaysWhatIsMissing() throws Exception {
    // Whoever runs this: in a user namespace root of it, or with what is left of the capabilities.
    assumeTrue(Files.exists(Path.of("/dev/net/tun")), "requires tun: there is no /dev/net/tun");
    boolean mayDrop = WireGuardInterface.unavailableReason().isEmpty();
    List<String> before =
        mayDrop
            ? List.of("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin")
            : List.of();
    Ended ended = run(before, "exec \"$@\"", "wg0");
    assertEquals(Examples.FAILED, ended.exitCode(), ended::output);
    assertEquals(
        "error: making interface wg0 failed: the process has not the privilege CAP_NET_ADMIN\n",
        ended.output());
  }

  @Test
  void anInterfaceOfAnotherKindIsLeftAlone() throws Exception {
    Ended ended = runInNamespace("ip link add eth7 type veth peer name eth8; exec \"$@\"", "eth7");
    assertEquals(Examples.FAILED, ended.exitCode(), ended::output);
    assertTrue(
        ended.output().startsWith("error: making interface eth7 failed: it exists"), ended::output);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ip link delete wg0;interface wg0 was removed: the end",
        "rm /run/wireguard/wg0.sock;the socket of interface wg0 was removed: the end"
      })
  void itIsReadyAndEndsWithItsInterfaceOrSocket(String commandAndLine) throws Exception {
    String[] parts = commandAndLine.split(";", -1);
    Ended ended = runInNamespace(AFTER_READY.formatted(parts[0]), "wg0");
    assertTrue(
        ended.output().contains("interface wg0 is there; configure it with wg"), ended::output);
    assertTrue(ended.output().contains(parts[1]), ended::output);
    assertTrue(ended.output().endsWith("exit status 0, socket gone\n"), ended::output);
  }

  @Test
  void aSecondOneOfTheNameSaysThatThereIsOne() throws Exception {
    Ended ended = runInNamespace(AFTER_READY.formatted("\"$@\"; kill $!"), "wg0");
    assertTrue(
        ended
            .output()
            .contains(
                "error: making interface wg0 failed: another process has an interface of this name"),
        ended::output);
    assertTrue(ended.output().endsWith("exit status 143, socket gone\n"), ended::output);
  }

  /** Starts the program, does something when it is ready, and waits for its end. */
  private static final String AFTER_READY =
      """
      "$@" > /run/log &
      until grep -q 'configure it with wg' /run/log; do
        kill -0 $! || exit 9
        sleep 0.05
      done
      %s
      wait $!
      status=$?
      cat /run/log
      [ -e /run/wireguard/wg0.sock ] && echo 'socket left'
      echo "exit status $status, socket gone"
      """;

  private Ended runInNamespace(String script, String name) throws Exception {
    String reason =
        WireGuardInterface.unavailableReason()
            .orElseGet(
                () ->
                    Files.isExecutable(Path.of("/usr/bin/unshare")) ? "" : "no unshare installed");
    assumeTrue(reason.isEmpty(), "requires tun: " + reason);
    return run(
        List.of("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child"),
        "mount -t tmpfs tmpfs /run; export PATH=$PATH:/usr/sbin:/sbin; " + script,
        name);
  }
}
