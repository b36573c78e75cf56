// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A TCP connection between two namespaces with random content both ways at once, whose hashes are
 * compared at the end. Its threads start with it.
 */
final class TcpFlow implements AutoCloseable {

  private static final int BLOCK = 16 << 10;
  private static final int CONNECT_MILLIS = 20_000;
  private static final int READ_MILLIS = 60_000;

  /**
   * How much, how fast.
   *
   * @param octets each way, after which the flow ends by itself
   * @param blockPause after each 16 KiB that is sent
   */
  record Plan(long octets, Duration blockPause) {

    /** As fast as it goes. */
    static Plan of(long octets) {
      return new Plan(octets, Duration.ZERO);
    }

    /** Until {@link TcpFlow#finish}, about 3 MB/s each way, which leaves the machine to others. */
    static Plan endless() {
      return new Plan(Long.MAX_VALUE, Duration.ofMillis(5));
    }
  }

  /**
   * What arrived intact.
   *
   * @param octets both ways together
   * @param longestGap in which nothing arrived, of the worse direction
   */
  record Result(long octets, Duration longestGap) {}

  /** One direction as one of its ends saw it. */
  private record Half(long octets, long longestGapNanos, String hash) {}

  private final Plan plan;
  private final ServerSocket listener;
  private final Socket client;
  private final Socket server;
  private final AtomicLong arrived = new AtomicLong();
  private final CompletableFuture<Half> sentByClient;
  private final CompletableFuture<Half> sentByServer;
  private final CompletableFuture<Half> atClient;
  private final CompletableFuture<Half> atServer;
  private volatile boolean finishing;

  TcpFlow(Namespace from, Namespace to, InetAddress target, Plan plan) {
    this.plan = plan;
    listener = to.call(() -> new ServerSocket(0, 1, target));
    CompletableFuture<Socket> accepted = to.start(listener::accept);
    client = from.call(() -> connect(target));
    server = Namespace.await(accepted, TunLab.COMMAND_BOUND);
    sentByClient = start(() -> send(client, 1));
    sentByServer = start(() -> send(server, 2));
    atClient = start(() -> receive(client));
    atServer = start(() -> receive(server));
  }

  private Socket connect(InetAddress target) throws IOException {
    Socket socket = new Socket();
    socket.connect(new InetSocketAddress(target, listener.getLocalPort()), CONNECT_MILLIS);
    return socket;
  }

  private static CompletableFuture<Half> start(Callable<Half> task) {
    CompletableFuture<Half> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("tcp-flow")
        .start(
            () -> {
              try {
                result.complete(task.call());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }

  private Half send(Socket socket, long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    MessageDigest hash = sha256();
    byte[] block = new byte[BLOCK];
    OutputStream stream = socket.getOutputStream();
    long sent = 0;
    while (sent < plan.octets() && !finishing) {
      random.nextBytes(block);
      int length = (int) Math.min(block.length, plan.octets() - sent);
      stream.write(block, 0, length);
      hash.update(block, 0, length);
      sent += length;
      if (!plan.blockPause().isZero()) {
        LockSupport.parkNanos(plan.blockPause().toNanos());
      }
    }
    socket.shutdownOutput();
    return new Half(sent, 0, HexFormat.of().formatHex(hash.digest()));
  }

  private Half receive(Socket socket) throws IOException {
    MessageDigest hash = sha256();
    byte[] block = new byte[BLOCK];
    socket.setSoTimeout(READ_MILLIS);
    InputStream stream = socket.getInputStream();
    long octets = 0;
    long gap = 0;
    long last = System.nanoTime();
    for (int length = stream.read(block); length >= 0; length = stream.read(block)) {
      long now = System.nanoTime();
      gap = Math.max(gap, now - last);
      last = now;
      hash.update(block, 0, length);
      octets += length;
      arrived.addAndGet(length);
    }
    return new Half(octets, gap, HexFormat.of().formatHex(hash.digest()));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Octets that arrived until now, both ways together. */
  long arrived() {
    return arrived.get();
  }

  /** Lets an endless flow end. */
  Result finish(Duration bound) {
    finishing = true;
    return await(bound);
  }

  /** Waits for the end, and asserts that all arrived as it was sent. */
  Result await(Duration bound) {
    Half clientSent = Namespace.await(sentByClient, bound);
    Half serverSent = Namespace.await(sentByServer, bound);
    Half clientGot = Namespace.await(atClient, bound);
    Half serverGot = Namespace.await(atServer, bound);
    assertEquals(clientSent.octets(), serverGot.octets());
    assertEquals(serverSent.octets(), clientGot.octets());
    assertEquals(clientSent.hash(), serverGot.hash());
    assertEquals(serverSent.hash(), clientGot.hash());
    return new Result(
        clientGot.octets() + serverGot.octets(),
        Duration.ofNanos(Math.max(clientGot.longestGapNanos(), serverGot.longestGapNanos())));
  }

  @Override
  public void close() {
    try (listener;
        client;
        server) {
      // Closes all.
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
