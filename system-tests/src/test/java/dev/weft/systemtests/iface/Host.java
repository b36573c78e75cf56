// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.iface;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.NativeLibrary;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A network namespace with a thread of this process in it, unshare(2), whose tasks open sockets and
 * start threads and programs there. It has no name, and ends with what was opened in it.
 */
final class Host implements AutoCloseable {

  private static final int CLONE_NEWNET = 0x40000000;
  private static final int BOUND_SECONDS = 60;

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          task -> Thread.ofPlatform().daemon().name("host").unstarted(task));
  private long number;

  private Host() {}

  /** Makes a namespace whose loopback interface is up. */
  static Host open() {
    Host host = new Host();
    try {
      host.number = host.call(Host::enter);
      host.shell("ip link set lo up");
      return host;
    } catch (AssertionError e) {
      host.close();
      throw e;
    }
  }

  private static long enter() throws IOException {
    try {
      int result =
          (int)
              NativeLibrary.libc()
                  .call("unshare", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT)
                  .invoke(Errno.capture(), CLONE_NEWNET);
      if (result != 0) {
        throw new IOException("unshare: " + Errno.describe(Errno.of(Errno.capture())));
      }
    } catch (RuntimeException | Error | IOException e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    return Long.parseLong(
        String.valueOf(Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName()));
  }

  /**
   * Lays a cable to another host: {@code eth0} there and here, 10.1.0.1 and fd01::1 here, 10.1.0.2
   * and fd01::2 there.
   */
  void connect(Host other) {
    shell(
        "ip link add eth0 type veth peer name eth0 netns "
            + other.number
            + "; ip address add 10.1.0.1/24 dev eth0; ip address add fd01::1/64 dev eth0 nodad"
            + "; ip link set eth0 up");
    other.shell(
        "ip address add 10.1.0.2/24 dev eth0; ip address add fd01::2/64 dev eth0 nodad"
            + "; ip link set eth0 up");
  }

  /** The same without IPv6. */
  void connectIpv4(Host other) {
    shell(
        "ip link add eth0 type veth peer name eth0 netns "
            + other.number
            + "; ip address add 10.1.0.1/24 dev eth0; ip link set eth0 up");
    other.shell("ip address add 10.1.0.2/24 dev eth0; ip link set eth0 up");
  }

  /** Runs a task there. */
  <T> T call(Callable<T> task) {
    try {
      return thread.submit(task).get(BOUND_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError(String.valueOf(e.getCause()), e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("not within a minute", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Runs a script there, which must succeed. */
  String shell(String script) {
    return run("set -e; " + script, true);
  }

  /** Runs a script there, and gives what it printed. */
  String attempt(String script) {
    return run(script, false);
  }

  private String run(String script, boolean mustSucceed) {
    return call(
        () -> {
          ProcessBuilder builder =
              new ProcessBuilder("bash", "-c", script).redirectErrorStream(true);
          builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
          builder.environment().put("LC_ALL", "C");
          Process process = builder.start();
          process.getOutputStream().close();
          String output =
              new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
          if (process.waitFor() != 0 && mustSucceed) {
            throw new AssertionError(script + ":\n" + output);
          }
          return output;
        });
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
