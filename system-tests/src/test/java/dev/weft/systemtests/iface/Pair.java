// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.iface;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Two hosts on one cable whose devices are each other's peers; the left one begins. */
record Pair(Host leftHost, Host rightHost, Iface left, Iface right) implements AutoCloseable {

  static final Duration BOUND = Duration.ofSeconds(15);

  static final String RIGHT_ENDPOINT = "10.1.0.2:" + Iface.PORT;

  /** With inner addresses that end with 1 and 2. */
  static Pair open() {
    Host leftHost = Host.open();
    Host rightHost = Host.open();
    leftHost.connect(rightHost);
    return open(leftHost, rightHost);
  }

  static Pair open(Host leftHost, Host rightHost) {
    Iface left = Iface.open(leftHost, 1);
    Iface right = Iface.open(rightHost, 2);
    left.peer(right.publicKey(), RIGHT_ENDPOINT, "192.168.77.2/32", "fd77::2/128");
    right.peer(left.publicKey(), "", "192.168.77.1/32", "fd77::1/128");
    return new Pair(leftHost, rightHost, left, right);
  }

  /** Sends echo requests from the left until one is answered. */
  Pair awaitPing() {
    until("a ping", () -> ping("192.168.77.2", ""));
    return this;
  }

  boolean ping(String address, String options) {
    return leftHost
        .attempt("ping -n -c 1 -W 1 " + options + " " + address)
        .contains(" 0% packet loss");
  }

  void assertPing(String address, String options) {
    String output = leftHost.attempt("ping -n -c 1 -W 3 " + options + " " + address);
    assertTrue(output.contains(" 0% packet loss"), output);
  }

  static void until(String what, BooleanSupplier condition) {
    until(() -> what, condition);
  }

  static void until(Supplier<String> what, BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - start < BOUND.toNanos(), what);
      LockSupport.parkNanos(20_000_000);
    }
  }

  @Override
  public void close() {
    try (leftHost;
        rightHost;
        left;
        right) {
      // Closes all, the devices first.
    }
  }
}
