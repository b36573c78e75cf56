// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.vector;

import dev.weft.spi.AeadProvider;
import dev.weft.spi.Availability;
import dev.weft.spi.TransportAead;

/**
 * Ciphers in vector registers. This class can be loaded where {@code jdk.incubator.vector} is
 * missing, and then says so. Thread-safe.
 */
public final class VectorAeadProvider implements AeadProvider {

  private static final String MODULE = "jdk.incubator.vector";

  /** Narrower registers were not measured to be worth it. */
  private static final int MIN_BITS = 256;

  /** For {@link java.util.ServiceLoader}. */
  public VectorAeadProvider() {}

  @Override
  public String name() {
    return "vector";
  }

  @Override
  public int priority() {
    return 400;
  }

  @Override
  public Availability probe() {
    if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
      return new Availability.Unavailable(
          "the module " + MODULE + " is not among those of this run",
          "run with --add-modules " + MODULE);
    }
    // Without the optimising compiler every vector is an object, and all is hundreds of times
    // slower.
    String compiler = System.getProperty("java.vm.info", "");
    if (!(compiler.contains("mixed mode") || compiler.contains("compiled mode"))
        || compiler.contains("emulated-client")) {
      return new Availability.Unavailable(
          "this Java runtime does not use its optimising compiler (" + compiler + ")",
          "run HotSpot without -Xint and -XX:TieredStopAtLevel");
    }
    try {
      int bits = VectorAead.registerBits();
      return bits < MIN_BITS
          ? new Availability.Unavailable(
              "vector registers have " + bits + " bits here, and " + MIN_BITS + " are needed",
              "use another cipher provider")
          : new Availability.Available(bits + " bits");
    } catch (LinkageError e) {
      return new Availability.Unavailable(
          "the module " + MODULE + " of this Java runtime is another version: " + e, "use Java 25");
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws LinkageError if {@link #probe} says that it is unavailable for want of the module
   */
  @Override
  public TransportAead create(byte[] key) {
    if (key.length != TransportAead.KEY_LENGTH) {
      throw new IllegalArgumentException(
          "a ChaCha20-Poly1305 key has " + TransportAead.KEY_LENGTH + " octets, not " + key.length);
    }
    return new VectorAead(key);
  }

  @Override
  public boolean needsWarmUp() {
    return true;
  }

  @Override
  public void warmUp() {
    VectorWarmUp.run();
  }
}
