// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import dev.weft.crypto.Ed25519;
import dev.weft.peer.PrivateKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Base64;

/** Definitions and keys of the tests. */
final class Samples {

  /** A host key, so that tests can look for it in what is answered. */
  static final String KEY = base64(octets(7));

  /** The seed of the auth key. */
  static final byte[] SEED = octets(9);

  private Samples() {}

  private static byte[] octets(int value) {
    byte[] octets = new byte[32];
    Arrays.fill(octets, (byte) value);
    return octets;
  }

  private static String base64(byte[] octets) {
    return Base64.getEncoder().encodeToString(octets);
  }

  static String publicKey() {
    return PrivateKey.of(octets(7)).publicKey().toString();
  }

  static String authKey() {
    return base64(Ed25519.publicKey(SEED));
  }

  /** The data of a network with this host and another. */
  static String data(int keepalive) {
    return """
        {"config": {"port": 51820, "keepalive": %d, "peer-exchange-port": 51821},
         "hosts": {"server": {"key": "%s"},
                   "client": {"key": "%s"}}}"""
        .formatted(keepalive, publicKey(), PrivateKey.of(octets(8)).publicKey());
  }

  /** An inline network on any free port of the loopback address. */
  static String inline(String name, int keepalive) {
    return """
        {"name": "%s", "type": "inline", "key": "%s", "listen_port": 0, "data": %s}"""
        .formatted(name, KEY, data(keepalive));
  }

  /** A dynamic network without data. */
  static String dynamic(String name) {
    return """
        {"name": "%s", "key": "%s", "auth_key": "%s", "listen_port": 0}"""
        .formatted(name, KEY, authKey());
  }

  /** Writes a file as a whole, as deployment tools do. */
  static void write(Path file, String text) throws IOException {
    Path temporary = file.resolveSibling("." + file.getFileName());
    Files.write(temporary, text.getBytes(StandardCharsets.UTF_8));
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
