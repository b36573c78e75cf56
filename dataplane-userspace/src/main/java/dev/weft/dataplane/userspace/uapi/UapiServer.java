// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import dev.weft.spi.TimeSource;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets {@code wg} configure a device: serves a Unix socket {@code NAME.sock} with mode 0600. One
 * platform daemon thread takes all connections in turn and is the one that calls the device, so
 * that no two requests change it at a time.
 *
 * <p>At most {@value #MAX_CONNECTIONS} connections are open, the others wait; one that is silent
 * for 5 s, or busy with one request for 60 s, is closed. Thread-safe. Source:
 * https://www.wireguard.com/xplatform/.
 */
public final class UapiServer implements AutoCloseable {

  /** Where {@code wg} looks for sockets. */
  public static final Path DIRECTORY = Path.of("/var/run/wireguard");

  /** Connections at a time. */
  static final int MAX_CONNECTIONS = 16;

  private static final int BACKLOG = 64;
  private static final int MAX_NAME_LENGTH = 15;
  private static final Duration ACCEPT_PAUSE = Duration.ofSeconds(1);

  /** How often the file is looked at. */
  private static final Duration WATCH_PERIOD = Duration.ofSeconds(1);

  private static final Duration CLOSE_BOUND = Duration.ofSeconds(10);
  private static final Logger LOG = LoggerFactory.getLogger(UapiServer.class);

  private final SocketFile socket;
  private final Selector selector;
  private final SelectionKey acceptKey;
  private final ConfigurableDevice device;
  private final TimeSource time;
  private final @Nullable Runnable onRemoved;
  private final Thread thread;
  private volatile boolean closing;

  // The thread's own.
  private final Set<UapiConnection> connections = new LinkedHashSet<>();
  private final ArrayDeque<UapiConnection.Buffers> spare = new ArrayDeque<>();
  private boolean acceptPaused;
  private long acceptNanos;
  private long watchNanos;

  private UapiServer(
      SocketFile socket,
      Selector selector,
      SelectionKey acceptKey,
      String name,
      ConfigurableDevice device,
      TimeSource time,
      @Nullable Runnable onRemoved) {
    this.socket = socket;
    this.selector = selector;
    this.acceptKey = acceptKey;
    this.device = device;
    this.time = time;
    this.onRemoved = onRemoved;
    watchNanos = time.nanoTime() + WATCH_PERIOD.toNanos();
    thread = Thread.ofPlatform().daemon().name("weft-uapi-" + name).unstarted(this::run);
  }

  /**
   * Serves a device in {@link #DIRECTORY}.
   *
   * @param name the interface's name, 1 to 15 characters as Linux has them
   * @throws java.net.BindException if another process serves this name
   * @throws IOException if the socket cannot be made
   * @throws IllegalArgumentException if it is no name of an interface
   */
  public static UapiServer open(String name, ConfigurableDevice device, TimeSource time)
      throws IOException {
    return open(DIRECTORY, name, device, time);
  }

  /**
   * Serves a device.
   *
   * @param directory where the socket is made; it is made itself, with mode 0700, if its parent
   *     exists
   * @param name the interface's name, 1 to 15 characters as Linux has them
   * @throws java.net.BindException if another process serves this name
   * @throws IOException if the socket cannot be made
   * @throws IllegalArgumentException if it is no name of an interface
   */
  public static UapiServer open(
      Path directory, String name, ConfigurableDevice device, TimeSource time) throws IOException {
    return open(directory, name, device, time, null);
  }

  /**
   * Serves a device until somebody removes the socket's file, which is how one tells a userspace
   * program to remove its interface.
   *
   * @param directory as above
   * @param name as above
   * @param onRemoved called once, on the server's thread, within about a second after the file was
   *     removed or replaced; the server ends then
   * @throws java.net.BindException if another process serves this name
   * @throws IOException if the socket cannot be made
   * @throws IllegalArgumentException if it is no name of an interface
   */
  public static UapiServer open(
      Path directory,
      String name,
      ConfigurableDevice device,
      TimeSource time,
      @Nullable Runnable onRemoved)
      throws IOException {
    requireName(name);
    SocketFile socket = SocketFile.listen(directory.resolve(name + ".sock"), BACKLOG);
    try {
      socket.channel().configureBlocking(false);
      Selector selector = Selector.open();
      try {
        SelectionKey accept = socket.channel().register(selector, SelectionKey.OP_ACCEPT);
        UapiServer server = new UapiServer(socket, selector, accept, name, device, time, onRemoved);
        server.thread.start();
        LOG.debug("Serving wg on {}", socket.path());
        return server;
      } catch (IOException | RuntimeException e) {
        selector.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /** The socket's file. */
  public Path path() {
    return socket.path();
  }

  /**
   * Removes the socket and ends every connection, also in the middle of a request. Waits until the
   * device is no longer called, unless it is called by the device. Idempotent.
   */
  @Override
  public void close() {
    closing = true;
    selector.wakeup();
    if (Thread.currentThread().equals(thread)) {
      return;
    }
    try {
      if (!thread.join(CLOSE_BOUND)) {
        LOG.warn("The device does not come back from a request on {}", socket.path());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void requireName(String name) {
    boolean allowed =
        !name.isEmpty()
            && name.length() <= MAX_NAME_LENGTH
            && !name.equals(".")
            && !name.equals("..")
            && name.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '/' && c != ':');
    if (!allowed) {
      throw new IllegalArgumentException(
          "name: not 1 to " + MAX_NAME_LENGTH + " characters of an interface name");
    }
  }

  private void run() {
    try {
      while (!closing) {
        selector.select(this::serve, waitMillis());
        expire();
        acceptOrNot();
        watch();
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("wg is no longer served on {}", socket.path(), e);
    } finally {
      connections.forEach(this::end);
      connections.clear();
      release();
    }
  }

  private void release() {
    try {
      // The file goes first: who finds it finds somebody to talk to.
      socket.close();
    } catch (IOException e) {
      LOG.warn("{} cannot be removed: {}", socket.path(), e.toString());
    }
    try {
      selector.close();
    } catch (IOException e) {
      LOG.debug("Closing a selector failed: {}", e.toString());
    }
  }

  /** Until the next deadline, rounded up; 0 is for ever. */
  private long waitMillis() {
    long now = time.nanoTime();
    long wait = Long.MAX_VALUE;
    for (UapiConnection connection : connections) {
      wait = Math.min(wait, connection.deadlineNanos() - now);
    }
    if (acceptPaused) {
      wait = Math.min(wait, acceptNanos - now);
    }
    if (onRemoved != null) {
      wait = Math.min(wait, watchNanos - now);
    }
    return wait == Long.MAX_VALUE ? 0 : Math.max(1, wait / 1_000_000 + 1);
  }

  private void serve(SelectionKey key) {
    if (key.equals(acceptKey)) {
      accept();
    } else if (key.attachment() instanceof UapiConnection connection) {
      proceed(connection);
    }
  }

  private void accept() {
    try {
      SocketChannel channel = socket.channel().accept();
      if (channel != null) {
        connected(channel);
      }
    } catch (IOException e) {
      // Most likely there is no file descriptor left, which asking again at once does not change.
      LOG.warn("A connection to {} cannot be taken: {}", socket.path(), e.toString());
      acceptPaused = true;
      acceptNanos = time.nanoTime() + ACCEPT_PAUSE.toNanos();
    }
  }

  private void connected(SocketChannel channel) throws IOException {
    try {
      channel.configureBlocking(false);
      SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
      UapiConnection.Buffers buffers = spare.poll();
      UapiConnection connection =
          new UapiConnection(
              channel,
              key,
              device,
              buffers == null ? UapiConnection.Buffers.allocate() : buffers,
              time.nanoTime());
      key.attach(connection);
      connections.add(connection);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private void proceed(UapiConnection connection) {
    boolean more = false;
    try {
      more = connection.proceed(time.nanoTime());
    } catch (IOException e) {
      LOG.debug("A client of {} is gone: {}", socket.path(), e.toString());
    } catch (RuntimeException e) {
      LOG.warn("A connection to {} failed", socket.path(), e);
    }
    if (!more) {
      connections.remove(connection);
      end(connection);
    }
  }

  private void end(UapiConnection connection) {
    try {
      connection.close();
    } catch (IOException e) {
      LOG.debug("Closing a connection failed: {}", e.toString());
    }
    spare.push(connection.buffers());
  }

  private void expire() {
    long now = time.nanoTime();
    for (UapiConnection connection : new ArrayList<>(connections)) {
      if (connection.deadlineNanos() - now <= 0) {
        LOG.debug("A client of {} takes too long", socket.path());
        connections.remove(connection);
        end(connection);
      }
    }
  }

  private void watch() {
    long now = time.nanoTime();
    if (onRemoved == null || watchNanos - now > 0) {
      return;
    }
    watchNanos = now + WATCH_PERIOD.toNanos();
    if (!socket.isInPlace()) {
      LOG.debug("Somebody removed {}", socket.path());
      closing = true;
      onRemoved.run();
    }
  }

  private void acceptOrNot() {
    if (acceptPaused && acceptNanos - time.nanoTime() <= 0) {
      acceptPaused = false;
    }
    boolean accepts = !acceptPaused && connections.size() < MAX_CONNECTIONS;
    acceptKey.interestOps(accepts ? SelectionKey.OP_ACCEPT : 0);
  }
}
