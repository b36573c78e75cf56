// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.netdata;

import dev.weft.peer.AuthKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Where a host keeps the signed data of one network: the file {@code <network>.bin} of a directory,
 * as the reference daemon has it, readable by its owner only. The version only rises: what is in
 * the file is replaced by valid data of this network with a higher version and by nothing else. A
 * damaged file stays as it is until then, and is then kept as {@code <network>.bin.damaged}.
 *
 * <p>Writing goes through {@code <network>.bin.tmp} and a rename, so that a crash leaves the old or
 * the new data, never a part of them. One process writes; in it the store is thread-safe. All
 * methods block on the file system: not for a runtime's loop. Source: PEX §3.1 and §4.
 *
 * @since 0.1.0
 */
public final class NetworkDataStore {

  private static final String SUFFIX = ".bin";

  private final Path directory;
  private final Path file;
  private final Path temporary;
  private final Path damaged;
  private final AuthKey authKey;

  /**
   * A store; nothing is read or written yet.
   *
   * @param directory created with the first data if it is missing
   * @param network the network's name, without {@code /}
   * @param authKey the key that the data of the network are signed with
   * @throws IllegalArgumentException if the name cannot be that of a file
   */
  public NetworkDataStore(Path directory, String network, AuthKey authKey) {
    if (network.isEmpty()
        || network.equals(".")
        || network.equals("..")
        || network.chars().anyMatch(c -> c == '/' || c == '\\' || c < ' ')) {
      throw new IllegalArgumentException("a network's name is not empty and has no / in it");
    }
    this.directory = directory;
    this.file = directory.resolve(network + SUFFIX);
    this.temporary = directory.resolve(network + SUFFIX + ".tmp");
    this.damaged = directory.resolve(network + SUFFIX + ".damaged");
    this.authKey = Objects.requireNonNull(authKey, "authKey");
  }

  /** The file. */
  public Path file() {
    return file;
  }

  /**
   * What is stored.
   *
   * @param data the data, if there are valid ones
   * @param damage why a file that is there does not count, in one line; absent if there is none
   */
  public record Content(Optional<SignedNetworkData> data, Optional<String> damage) {
    private static final Content NONE = new Content(Optional.empty(), Optional.empty());

    public Content {
      Objects.requireNonNull(data, "data");
      Objects.requireNonNull(damage, "damage");
    }

    private static Content damaged(String why) {
      return new Content(Optional.empty(), Optional.of(why));
    }
  }

  /**
   * Reads the file, at most one octet more than data may have.
   *
   * @return no data and no damage if there is no file
   * @throws NetworkDataStoreException if there is a file that cannot be read
   */
  public synchronized Content load() throws NetworkDataStoreException {
    byte[] blob;
    try {
      if (!Files.isRegularFile(file)) {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS)
            ? Content.damaged(file + " is not a regular file")
            : Content.NONE;
      }
      try (InputStream in = Files.newInputStream(file)) {
        blob = in.readNBytes(SignedNetworkData.MAX_OCTETS + 1);
      }
    } catch (NoSuchFileException e) {
      return Content.NONE;
    } catch (IOException e) {
      throw new NetworkDataStoreException("cannot read", file, e);
    }
    try {
      return new Content(Optional.of(SignedNetworkData.verify(blob, authKey)), Optional.empty());
    } catch (InvalidNetworkDataException e) {
      return Content.damaged(file + " has no valid data: " + e.getMessage());
    }
  }

  /**
   * Writes data if their version is higher than that of the valid data in the file. When this
   * returns true, they survive a loss of power.
   *
   * @return whether they were written
   * @throws NetworkDataStoreException if they cannot be written; the file is as before
   * @throws IllegalArgumentException if they are signed with another key
   */
  public synchronized boolean save(SignedNetworkData data) throws NetworkDataStoreException {
    if (!data.authKey().equals(authKey)) {
      throw new IllegalArgumentException("data of the network with the key " + data.authKey());
    }
    Content stored = load();
    if (stored.data().isPresent() && !data.isNewerThan(stored.data().get().version())) {
      return false;
    }
    try {
      Files.createDirectories(directory);
      writeTemporary(data);
      if (stored.damage().isPresent()) {
        Files.move(
            file, damaged, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      syncDirectory();
      return true;
    } catch (IOException e) {
      throw new NetworkDataStoreException("cannot write", file, e);
    }
  }

  /** The data in a file of their own, on the disk. */
  private void writeTemporary(SignedNetworkData data) throws IOException {
    // What a crash left over. It is removed, not opened: it may be a link to somewhere else.
    Files.deleteIfExists(temporary);
    Set<StandardOpenOption> options =
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (FileChannel channel = FileChannel.open(temporary, options, ownerOnly())) {
      ByteBuffer octets = ByteBuffer.wrap(data.octets());
      while (octets.hasRemaining()) {
        channel.write(octets);
      }
      channel.force(true);
    }
  }

  private FileAttribute<?>[] ownerOnly() {
    return hasPosixPermissions()
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  /** A rename is on the disk only when the directory is. Only Unix can open one. */
  private void syncDirectory() throws IOException {
    if (hasPosixPermissions()) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private boolean hasPosixPermissions() {
    return directory.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  /** The file, for logs. */
  @Override
  public String toString() {
    return "NetworkDataStore[" + file + "]";
  }
}
