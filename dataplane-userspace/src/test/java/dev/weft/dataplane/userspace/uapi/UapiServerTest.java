// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.peer.PrivateKey;
import dev.weft.spi.PeerUpdate;
import dev.weft.spi.TimeSource;
import java.io.IOException;
import java.net.BindException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
final class UapiServerTest {

  private static final String NOTHING = "errno=0\n\n";

  /** A clock that a test moves. */
  private static final class HandClock implements TimeSource {
    private final AtomicLong nanos = new AtomicLong();

    void advance(Duration duration) {
      nanos.addAndGet(duration.toNanos());
    }

    @Override
    public long nanoTime() {
      return nanos.get();
    }

    @Override
    public Instant wallClock() {
      return Instant.EPOCH;
    }
  }

  @TempDir private Path parent;
  private Path directory;
  private final HandClock clock = new HandClock();
  private final MemoryDevice device = new MemoryDevice();
  private final List<AutoCloseable> opened = new ArrayList<>();

  @BeforeEach
  void choose() {
    directory = parent.resolve("d");
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable resource : opened) {
      resource.close();
    }
  }

  @Test
  void onlyTheOwnerMayUseTheSocketAndItsDirectory() throws IOException {
    UapiServer server = open("wg0");
    assertEquals(directory.resolve("wg0.sock"), server.path());
    assertEquals("rwx------", mode(directory));
    assertEquals("rw-------", mode(server.path()));
    assertEquals(List.of("wg0.sock"), files());
  }

  @Test
  void aDirectoryThatExistsKeepsItsMode() throws IOException {
    Files.createDirectory(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    UapiServer server = open("wg0");
    assertEquals("rwxr-xr-x", mode(directory));
    assertEquals("rw-------", mode(server.path()));
  }

  @Test
  void requestsAreAnswered() throws IOException {
    UapiServer server = open("wg0");
    assertEquals(NOTHING, talk(server, "set=1\nlisten_port=51820\n\n"));
    assertEquals("listen_port=51820\n" + NOTHING, talk(server, "get=1\n\n"));
    assertEquals("", talk(server, "what=1\n\n"));
    assertEquals(
        NOTHING + "listen_port=7\n" + NOTHING, talk(server, "set=1\nlisten_port=7\n\nget=1\n\n"));
  }

  @Test
  void aConfigurationLargerThanAnyBufferComesAndGoes() throws IOException {
    UapiServer server = open("wg0");
    StringBuilder request = new StringBuilder("set=1\nreplace_peers=true\n");
    for (int i = 1; i <= 5000; i++) {
      request.append("public_key=").append("%064x".formatted(i)).append('\n');
    }
    assertEquals(NOTHING, talk(server, request + "\n"));
    assertEquals(
        5000,
        talk(server, "get=1\n\n").lines().filter(line -> line.startsWith("public_key=")).count());
  }

  @Test
  void anErrorInTheMiddleOfMuchIsStillReceived() throws IOException {
    UapiServer server = open("wg0");
    String request = "set=1\nfoo=bar\n" + ("public_key=" + "01".repeat(32) + "\n").repeat(20000);
    assertEquals("errno=-22\n\n", talk(server, request + "\n"));
  }

  @Test
  void removingTheFileEndsTheServerAndIsTold() throws Exception {
    CountDownLatch removed = new CountDownLatch(1);
    UapiServer server = openWatched(removed::countDown);
    assertEquals(NOTHING, talk(server, "set=1\n\n"));
    Files.delete(server.path());
    clock.advance(Duration.ofSeconds(1));
    assertTrue(removed.await(10, TimeUnit.SECONDS));
    server.close();
    assertEquals(List.of(), files());
  }

  @Test
  void anothersFileInTheSamePlaceEndsTheServerAndStays() throws Exception {
    CountDownLatch removed = new CountDownLatch(1);
    UapiServer server = openWatched(removed::countDown);
    Files.move(Files.createFile(directory.resolve("new")), server.path(), REPLACE_EXISTING);
    clock.advance(Duration.ofSeconds(1));
    assertTrue(removed.await(10, TimeUnit.SECONDS));
    server.close();
    assertEquals(List.of("wg0.sock"), files());
  }

  @Test
  void aFileThatStaysEndsNothing() throws Exception {
    CountDownLatch removed = new CountDownLatch(1);
    UapiServer server = openWatched(removed::countDown);
    for (int i = 0; i < 10; i++) {
      clock.advance(Duration.ofSeconds(2));
      assertEquals(NOTHING, talk(server, "set=1\n\n"));
    }
    assertEquals(1, removed.getCount());
  }

  private UapiServer openWatched(Runnable onRemoved) throws IOException {
    UapiServer server = UapiServer.open(directory, "wg0", device, clock, onRemoved);
    opened.add(server);
    return server;
  }

  @Test
  void aSecondServerOfOneNameIsRefusedAndTheFirstGoesOn() throws IOException {
    UapiServer first = open("wg0");
    assertThrows(BindException.class, () -> open("wg0"));
    assertEquals(List.of("wg0.sock"), files());
    assertEquals(NOTHING, talk(first, "get=1\n\n"));
    open("wg1");
    assertEquals(List.of("wg0.sock", "wg1.sock"), files());
  }

  @Test
  void theSocketOfADeadProcessIsReplaced() throws IOException {
    Files.createDirectory(directory);
    ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    dead.bind(UnixDomainSocketAddress.of(directory.resolve("wg0.sock")));
    dead.close();
    assertEquals(List.of("wg0.sock"), files());
    assertEquals(NOTHING, talk(open("wg0"), "get=1\n\n"));
  }

  @Test
  void theSocketOfABusyProcessIsNotReplaced() throws IOException {
    Files.createDirectory(directory);
    Path path = directory.resolve("wg0.sock");
    try (ServerSocketChannel busy = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      busy.bind(UnixDomainSocketAddress.of(path), 1);
      // Whoever connects beyond the backlog is told to wait.
      for (int i = 0; i < 2; i++) {
        SocketChannel waiting = SocketChannel.open(UnixDomainSocketAddress.of(path));
        opened.add(waiting);
      }
      assertThrows(BindException.class, () -> open("wg0"));
    }
  }

  @Test
  void whatIsNoSocketIsNotReplaced() throws IOException {
    Files.createDirectory(directory);
    Path path = Files.writeString(directory.resolve("wg0.sock"), "mine");
    assertThrows(FileAlreadyExistsException.class, () -> open("wg0"));
    assertEquals("mine", Files.readString(path));
    Path link = Files.createSymbolicLink(directory.resolve("wg1.sock"), parent.resolve("nothing"));
    assertThrows(FileAlreadyExistsException.class, () -> open("wg1"));
    assertTrue(Files.isSymbolicLink(link));
  }

  @Test
  void namesAreThoseOfInterfaces() {
    for (String name : List.of("", ".", "..", "a/b", "sixteen-letters-", "a b", "a\nb", "é")) {
      assertThrows(IllegalArgumentException.class, () -> open(name));
    }
    assertFalse(Files.exists(directory));
  }

  @Test
  void closingRemovesTheSocketButNotThatOfASuccessor() throws IOException {
    UapiServer first = open("wg0");
    Files.delete(first.path());
    UapiServer second = open("wg0");
    first.close();
    first.close();
    assertEquals(NOTHING, talk(second, "get=1\n\n"));
    second.close();
    assertEquals(List.of(), files());
    assertThrows(IOException.class, () -> talk(second, "get=1\n\n"));
  }

  @Test
  void closingEndsRequestsThatAreNotComplete() throws IOException {
    UapiServer server = open("wg0");
    SocketChannel client = connect(server);
    write(client, "set=1\nfwmark=1\nfwmark=");
    assertEquals(NOTHING, talk(server, "get=1\n\n"));
    server.close();
    assertEquals("", readAll(client));
    assertEquals(0, device.changes());
  }

  @Test
  void closingWaitsForTheDevice() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    AtomicReference<String> order = new AtomicReference<>("");
    UapiServer server =
        open(
            "wg0",
            new Forwarding(device) {
              @Override
              public DeviceConfiguration configuration() {
                asked.countDown();
                try {
                  assertTrue(answer.await(30, TimeUnit.SECONDS));
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
                order.accumulateAndGet("answered ", String::concat);
                return super.configuration();
              }
            });
    SocketChannel client = connect(server);
    write(client, "get=1\n\n");
    assertTrue(asked.await(30, TimeUnit.SECONDS));
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> closed =
          executor.submit(
              () -> {
                server.close();
                order.accumulateAndGet("closed", String::concat);
              });
      answer.countDown();
      closed.get(30, TimeUnit.SECONDS);
    }
    assertEquals("answered closed", order.get());
  }

  @Test
  void theDeviceMayCloseTheServer() throws IOException {
    AtomicReference<UapiServer> server = new AtomicReference<>();
    server.set(
        open(
            "wg0",
            new Forwarding(device) {
              @Override
              public void setFwmark(int mark) {
                server.get().close();
              }
            }));
    SocketChannel client = connect(server.get());
    write(client, "set=1\nfwmark=1\n\n");
    readAll(client);
    server.get().close();
    assertEquals(List.of(), files());
  }

  @Test
  void aSilentClientIsLetGo() throws IOException {
    UapiServer server = open("wg0");
    SocketChannel silent = connect(server);
    write(silent, "get=1\n");
    assertEquals(NOTHING, talk(server, "get=1\n\n"));
    clock.advance(UapiConnection.IDLE_BOUND.minusMillis(1));
    SocketChannel lively = connect(server);
    write(lively, "get=1\n\n");
    assertEquals(NOTHING, read(lively, NOTHING.length()));
    clock.advance(Duration.ofMillis(1));
    assertEquals(NOTHING, talk(server, "get=1\n\n"));

    assertEquals("", readAll(silent));
    write(lively, "get=1\n\n");
    assertEquals(NOTHING, read(lively, NOTHING.length()));
  }

  @Test
  void aClientThatDripsIsLetGoToo() throws IOException {
    UapiServer server = open("wg0");
    SocketChannel dripping = connect(server);
    write(dripping, "set=1\n");
    // Whoever is answered came later, so that the server knows the first one since now.
    assertEquals(NOTHING, talk(server, "get=1\n\n"));
    for (int i = 0; i < 19; i++) {
      clock.advance(Duration.ofSeconds(3));
      write(dripping, "f");
      assertEquals(NOTHING, talk(server, "get=1\n\n"));
    }
    clock.advance(Duration.ofSeconds(3));
    assertEquals(NOTHING, talk(server, "get=1\n\n"));
    assertEquals("", readAll(dripping));
  }

  @Test
  void connectionsBeyondTheBoundWaitForTheirTurn() throws IOException {
    UapiServer server = open("wg0");
    List<SocketChannel> clients = new ArrayList<>();
    for (int i = 0; i < UapiServer.MAX_CONNECTIONS; i++) {
      SocketChannel client = connect(server);
      write(client, "get=1\n\n");
      assertEquals(NOTHING, read(client, NOTHING.length()));
      clients.add(client);
    }
    SocketChannel waiting = connect(server);
    waiting.configureBlocking(false);
    write(waiting, "get=1\n\n");
    write(clients.getFirst(), "get=1\n\n");
    assertEquals(NOTHING, read(clients.getFirst(), NOTHING.length()));
    assertEquals(0, waiting.read(ByteBuffer.allocate(1)));

    clients.getLast().close();
    waiting.configureBlocking(true);
    assertEquals(NOTHING, read(waiting, NOTHING.length()));
  }

  @Test
  void clientsThatDoNotReadHoldNobodyUp() throws IOException {
    UapiServer server = open("wg0");
    StringBuilder request = new StringBuilder("set=1\n");
    for (int i = 1; i <= 3000; i++) {
      request.append("public_key=").append("%064x".formatted(i)).append('\n');
    }
    talk(server, request + "\n");
    SocketChannel lazy = connect(server);
    write(lazy, "get=1\n\n");
    assertTrue(talk(server, "get=1\n\n").endsWith(NOTHING));
    clock.advance(UapiConnection.IDLE_BOUND);
    assertTrue(talk(server, "get=1\n\n").endsWith(NOTHING));
    String some = readAll(lazy);
    assertTrue(some.startsWith("public_key=") && !some.endsWith(NOTHING), "was not let go");
  }

  @Test
  void manyClientsAtATimeLoseNothing() throws Exception {
    UapiServer server = open("wg0");
    String peer = "public_key=" + "11".repeat(32) + "\n";
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> answers = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        String request = "set=1\n" + peer + "allowed_ip=10.0.0." + i + "/32\n\n";
        answers.add(executor.submit(() -> talk(server, request)));
      }
      for (Future<String> answer : answers) {
        assertEquals(NOTHING, answer.get(30, TimeUnit.SECONDS));
      }
    }
    assertEquals(60, device.configuration().peers().getFirst().allowedIps().size());
  }

  @Test
  void nothingIsLeftOfAHundredServers() throws IOException {
    assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")));
    open("warm").close();
    long before = sockets();
    for (int i = 0; i < 100; i++) {
      UapiServer server = open("wg" + i);
      SocketChannel client = connect(server);
      write(client, "get=1\n");
      if (i % 2 == 0) {
        assertEquals(NOTHING, talk(server, "get=1\n\n"));
      }
      server.close();
      client.close();
    }
    assertEquals(List.of(), files());
    assertEquals(before, sockets());
    assertEquals(
        List.of(),
        Thread.getAllStackTraces().keySet().stream()
            .map(Thread::getName)
            .filter(name -> name.startsWith("weft-uapi-"))
            .toList());
  }

  /** A device to change one method of. */
  private abstract static class Forwarding implements ConfigurableDevice {
    private final MemoryDevice device;

    Forwarding(MemoryDevice device) {
      this.device = device;
    }

    @Override
    public DeviceConfiguration configuration() {
      return device.configuration();
    }

    @Override
    public void setPrivateKey(Optional<PrivateKey> key) {
      device.setPrivateKey(key);
    }

    @Override
    public void setListenPort(int port) throws ConfigurationRefusedException {
      device.setListenPort(port);
    }

    @Override
    public void setFwmark(int mark) {
      device.setFwmark(mark);
    }

    @Override
    public void removeAllPeers() {
      device.removeAllPeers();
    }

    @Override
    public void apply(PeerUpdate update) {
      device.apply(update);
    }
  }

  private UapiServer open(String name) throws IOException {
    return open(name, device);
  }

  private UapiServer open(String name, ConfigurableDevice served) throws IOException {
    UapiServer server = UapiServer.open(directory, name, served, clock);
    opened.add(server);
    return server;
  }

  private SocketChannel connect(UapiServer server) throws IOException {
    SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(server.path()));
    synchronized (opened) {
      opened.add(channel);
    }
    return channel;
  }

  /** Sends a request, and nothing more, and reads to the end. */
  private String talk(UapiServer server, String request) throws IOException {
    try (SocketChannel channel = connect(server)) {
      write(channel, request);
      channel.shutdownOutput();
      return readAll(channel);
    }
  }

  private static void write(SocketChannel channel, String text) throws IOException {
    ByteBuffer octets = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    while (octets.hasRemaining()) {
      channel.write(octets);
    }
  }

  /** To the end, or to where the server closed with something unread. */
  private static String readAll(SocketChannel channel) throws IOException {
    StringBuilder text = new StringBuilder();
    ByteBuffer octets = ByteBuffer.allocate(8192);
    try {
      while (channel.read(octets.clear()) >= 0) {
        text.append(StandardCharsets.US_ASCII.decode(octets.flip()));
      }
    } catch (IOException e) {
      assertTrue(String.valueOf(e.getMessage()).contains("reset"), e.toString());
    }
    return text.toString();
  }

  private static String read(SocketChannel channel, int length) throws IOException {
    return new String(
        Channels.newInputStream(channel).readNBytes(length), StandardCharsets.US_ASCII);
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  /** How many sockets and selectors this process has open. */
  private static long sockets() throws IOException {
    long count = 0;
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      for (Path fd : all.toList()) {
        try {
          String target = Files.readSymbolicLink(fd).toString();
          count += target.startsWith("socket:") || target.contains("event") ? 1 : 0;
        } catch (IOException e) {
          // Closed meanwhile, like that of the listing itself.
        }
      }
    }
    return count;
  }
}
