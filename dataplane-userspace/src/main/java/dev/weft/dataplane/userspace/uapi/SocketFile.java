// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;

/**
 * A listening Unix socket and its file, which only the owner may use from the moment it can be
 * reached. Used by one thread at a time.
 */
final class SocketFile implements AutoCloseable {

  private static final FileAttribute<Set<PosixFilePermission>> OWNER_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final Set<PosixFilePermission> OWNER_FILE =
      PosixFilePermissions.fromString("rw-------");

  private final ServerSocketChannel channel;
  private final Path path;
  private final Object identity;

  private SocketFile(ServerSocketChannel channel, Path path, Object identity) {
    this.channel = channel;
    this.path = path;
    this.identity = identity;
  }

  /**
   * Listens. The directory is made, with mode 0700, if it does not exist; the socket that a process
   * left behind is replaced.
   *
   * @param backlog connections that may wait
   * @throws BindException if a process listens there
   * @throws FileAlreadyExistsException if there is something else than a socket
   * @throws IOException if the file cannot be made
   */
  static SocketFile listen(Path path, int backlog) throws IOException {
    Path directory = Objects.requireNonNull(path.getParent(), "the socket's directory");
    try {
      Files.createDirectory(directory, OWNER_DIRECTORY);
    } catch (FileAlreadyExistsException e) {
      // Whoever made it chose its mode; the socket has one of its own.
    }
    requireUnused(path);
    // Between bind and chmod the socket would have the mode that the umask leaves. So it is bound
    // in a directory that nobody else may enter, and takes its place when it is as it should be.
    Path hidden = Files.createTempDirectory(directory, ".u", OWNER_DIRECTORY);
    Path made = hidden.resolve("s");
    ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.bind(UnixDomainSocketAddress.of(made), backlog);
      Files.setPosixFilePermissions(made, OWNER_FILE);
      Object identity = attributes(made).fileKey();
      Files.move(made, path, StandardCopyOption.ATOMIC_MOVE);
      return new SocketFile(channel, path, identity);
    } catch (IOException | RuntimeException e) {
      channel.close();
      Files.deleteIfExists(made);
      throw e;
    } finally {
      Files.deleteIfExists(hidden);
    }
  }

  ServerSocketChannel channel() {
    return channel;
  }

  Path path() {
    return path;
  }

  /** Whether the file is there and this socket's; true too if that cannot be seen. */
  boolean isInPlace() {
    try {
      return identity.equals(attributes(path).fileKey());
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  /** Stops listening, and removes the file unless it is another's by now. */
  @Override
  public void close() throws IOException {
    channel.close();
    try {
      if (identity.equals(attributes(path).fileKey())) {
        Files.deleteIfExists(path);
      }
    } catch (NoSuchFileException e) {
      // Somebody was faster.
    }
  }

  private static void requireUnused(Path path) throws IOException {
    try {
      if (!attributes(path).isOther()) {
        throw new FileAlreadyExistsException(path.toString(), null, "is not a socket");
      }
    } catch (NoSuchFileException e) {
      return;
    }
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      // Not blocking, since a process with a full backlog is alive all the same.
      probe.configureBlocking(false);
      probe.connect(UnixDomainSocketAddress.of(path));
    } catch (ConnectException e) {
      return; // Nobody listens any more.
    } catch (IOException e) {
      BindException inUse = inUse(path);
      inUse.initCause(e);
      throw inUse;
    }
    throw inUse(path);
  }

  private static BindException inUse(Path path) {
    return new BindException(
        "another process listens on " + path + "; end it, or use another name");
  }

  private static BasicFileAttributes attributes(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }
}
