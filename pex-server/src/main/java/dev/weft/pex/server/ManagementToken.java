// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import dev.weft.overlay.OverlayException;
import dev.weft.spi.RandomSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The secret that whoever manages the service has to know. Never printed. Immutable and
 * thread-safe.
 */
final class ManagementToken {

  private static final Logger LOG = LoggerFactory.getLogger(ManagementToken.class);

  private static final int RANDOM_OCTETS = 32;
  private static final int MIN_LENGTH = 16;
  private static final int MAX_LENGTH = 512;
  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  private final byte[] octets;

  private ManagementToken(byte[] octets) {
    this.octets = octets;
  }

  /**
   * The token in a file, which is made with a random one, for its owner alone, if it is not there.
   *
   * @throws OverlayException if that does not work, or the file has no token
   */
  static ManagementToken load(Path file, RandomSource random) {
    try {
      if (!Files.exists(file)) {
        create(file, random);
      }
      return read(file);
    } catch (IOException e) {
      throw new OverlayException(
          "the management token in " + file + " cannot be read or made: " + e, e);
    }
  }

  private static void create(Path file, RandomSource random) throws IOException {
    byte[] secret = new byte[RANDOM_OCTETS];
    random.nextBytes(secret);
    byte[] text = Base64.getUrlEncoder().withoutPadding().encode(secret);
    Arrays.fill(secret, (byte) 0);
    boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
    FileAttribute<?>[] ownerOnly =
        posix
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    try (var channel =
        Files.newByteChannel(
            file, EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownerOnly)) {
      byte[] line = Arrays.copyOf(text, text.length + 1);
      line[text.length] = '\n';
      ByteBuffer buffer = ByteBuffer.wrap(line);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }
  }

  private static ManagementToken read(Path file) throws IOException {
    byte[] content;
    try (InputStream in = Files.newInputStream(file)) {
      content = in.readNBytes(2 * MAX_LENGTH);
    }
    String text = new String(content, StandardCharsets.UTF_8).strip();
    if (text.length() < MIN_LENGTH
        || text.length() > MAX_LENGTH
        || !text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new OverlayException(
          "the file "
              + file
              + " has no token: "
              + MIN_LENGTH
              + " to "
              + MAX_LENGTH
              + " printable characters without spaces; remove it to have one made");
    }
    try {
      if (Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
        LOG.warn("others than its owner may read or write the management token in {}", file);
      }
    } catch (UnsupportedOperationException e) {
      LOG.debug("no permissions to look at", e);
    }
    return new ManagementToken(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Whether this is what was presented. The time it takes does not tell how much is right. */
  boolean matches(String presented) {
    return MessageDigest.isEqual(octets, presented.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public String toString() {
    return "ManagementToken[…]";
  }
}
