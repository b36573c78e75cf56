// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import dev.weft.peer.AuthKey;
import dev.weft.peer.PublicKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Base64;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/** Keys in files: 44 characters of base64, white space around them skipped. PEX §2.1. */
final class SecretFiles {

  private static final int SECRET_LENGTH = 32;
  private static final int MAX_FILE = 1024;

  private SecretFiles() {}

  /**
   * Reads a secret.
   *
   * @param warn told if others can read the file
   * @return 32 octets; the caller erases them
   */
  static byte[] read(Path file, Consumer<String> warn) throws IOException {
    if (!Files.isReadable(file)) {
      throw Failure.wrongInput(file + ": there is no such file, or it cannot be read");
    }
    if (isOpenToOthers(file)) {
      warn.accept(file + " holds a secret that others can read; chmod 600 would prevent that");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return read(in, file.toString());
    }
  }

  /**
   * Reads a secret from a stream.
   *
   * @param name of what is read, for the error
   */
  static byte[] read(InputStream in, String name) throws IOException {
    byte[] text = in.readNBytes(MAX_FILE);
    int length = 0;
    for (byte octet : text) {
      if (octet != ' ' && (octet < '\t' || octet > '\r')) {
        text[length++] = octet;
      }
    }
    byte[] compact = Arrays.copyOf(text, length);
    try {
      byte[] secret = compact.length == 44 ? Base64.getDecoder().decode(compact) : new byte[0];
      if (secret.length == SECRET_LENGTH) {
        return secret;
      }
    } catch (IllegalArgumentException e) {
      // Told below: the decoder's message repeats a character of what may be a secret.
    } finally {
      Arrays.fill(text, (byte) 0);
      Arrays.fill(compact, (byte) 0);
    }
    throw Failure.wrongInput(name + ": this is no key, which is 44 characters of base64");
  }

  /** Writes a secret to a new file that only its owner can read. */
  static void write(Path file, byte[] secret) throws IOException {
    byte[] text = Base64.getEncoder().encode(secret);
    byte[] line = Arrays.copyOf(text, text.length + 1);
    line[text.length] = '\n';
    Set<StandardOpenOption> options =
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (SeekableByteChannel channel = Files.newByteChannel(file, options, ownerOnly(file))) {
      ByteBuffer octets = ByteBuffer.wrap(line);
      while (octets.hasRemaining()) {
        channel.write(octets);
      }
    } finally {
      Arrays.fill(text, (byte) 0);
      Arrays.fill(line, (byte) 0);
    }
  }

  /** A host's public key: its base64 form, or a file that holds it. */
  static PublicKey publicKey(String textOrFile) throws IOException {
    return publicKey(textOrFile, PublicKey::parse);
  }

  /** A network's auth key: its base64 form, or a file that holds it. */
  static AuthKey authKey(String textOrFile) throws IOException {
    return publicKey(textOrFile, AuthKey::parse);
  }

  private static <T> T publicKey(String textOrFile, Function<String, T> parse) throws IOException {
    String text = textOrFile;
    if (text.length() != 44 && Files.isReadable(Path.of(textOrFile))) {
      try (InputStream in = Files.newInputStream(Path.of(textOrFile))) {
        text = new String(in.readNBytes(MAX_FILE), StandardCharsets.US_ASCII).strip();
      }
    }
    try {
      return parse.apply(text);
    } catch (IllegalArgumentException e) {
      // Not repeated: somebody may have given the secret instead.
      throw Failure.wrongInput(
          "a public key is 44 characters of base64, or a file that holds them; this is neither");
    }
  }

  private static boolean isOpenToOthers(Path file) throws IOException {
    if (!hasPosixPermissions(file) || Files.isSymbolicLink(file)) {
      return false;
    }
    Set<PosixFilePermission> permissions =
        Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS);
    return Files.isRegularFile(file)
        && (permissions.contains(PosixFilePermission.GROUP_READ)
            || permissions.contains(PosixFilePermission.OTHERS_READ));
  }

  private static FileAttribute<?>[] ownerOnly(Path file) {
    return hasPosixPermissions(file)
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  private static boolean hasPosixPermissions(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix");
  }
}
