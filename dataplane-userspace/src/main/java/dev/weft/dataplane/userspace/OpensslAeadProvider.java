// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.linux.crypto.Libcrypto;
import dev.weft.linux.libc.LinuxException;
import dev.weft.spi.AeadProvider;
import dev.weft.spi.Availability;
import dev.weft.spi.TransportAead;

/** Ciphers of OpenSSL's libcrypto, called natively. Thread-safe. */
public final class OpensslAeadProvider implements AeadProvider {

  /** For {@link java.util.ServiceLoader}. */
  public OpensslAeadProvider() {}

  @Override
  public String name() {
    return "openssl";
  }

  @Override
  public int priority() {
    return 300;
  }

  @Override
  public Availability probe() {
    try {
      return Libcrypto.problem()
          .<Availability>map(
              problem ->
                  new Availability.Unavailable(
                      "OpenSSL cannot be used: " + problem,
                      "install OpenSSL 3 and run with --enable-native-access=dev.weft.linux"))
          .orElseGet(() -> new Availability.Available(Libcrypto.version().orElse("")));
    } catch (LinkageError e) {
      return new Availability.Unavailable(
          "the native calls of Weft cannot be used: " + e.getMessage(),
          "add dev.weft:weft-native-linux to the path");
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws LinuxException if {@link #probe} says that it is unavailable
   */
  @Override
  public TransportAead create(byte[] key) {
    if (key.length != TransportAead.KEY_LENGTH) {
      throw new IllegalArgumentException(
          "a ChaCha20-Poly1305 key has " + TransportAead.KEY_LENGTH + " octets, not " + key.length);
    }
    return new OpensslAead(key);
  }
}
