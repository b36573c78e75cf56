// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.micro;

import dev.weft.spi.AeadProvider;
import dev.weft.spi.Availability;
import dev.weft.spi.TransportAead;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * ChaCha20-Poly1305 for data packets, in native memory, from one segment to another. To seal takes
 * a new counter each time, as on the path; to open, the same packet again.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class AeadBenchmark {

  /** Providers by name; one that is not there fails its rows. */
  @Param({"openssl", "vector", "jdk", "bouncycastle"})
  public String provider = "";

  /** Octets of plaintext. */
  @Param({"64", "256", "1420", "9000", "65535"})
  public int octets;

  private static final byte[] KEY = new byte[TransportAead.KEY_LENGTH];

  private final Arena arena = Arena.ofShared();
  private TransportAead seal = Absent.INSTANCE;
  private TransportAead open = Absent.INSTANCE;
  private MemorySegment plaintext = MemorySegment.NULL;
  private MemorySegment ciphertext = MemorySegment.NULL;
  private MemorySegment target = MemorySegment.NULL;
  private long counter;

  /** Makes the ciphers, and a packet to open. */
  @Setup(Level.Trial)
  public void setUp() {
    AeadProvider found =
        ServiceLoader.load(AeadProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(one -> one.name().equals(provider))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("no provider " + provider));
    if (found.probe() instanceof Availability.Unavailable unavailable) {
      throw new IllegalStateException(provider + ": " + unavailable);
    }
    seal = found.create(KEY);
    open = found.create(KEY);
    plaintext = arena.allocate(octets, 64);
    ciphertext = arena.allocate(octets + TransportAead.TAG_LENGTH, 64);
    target = arena.allocate(octets + TransportAead.TAG_LENGTH, 64);
    try (TransportAead once = found.create(KEY)) {
      once.seal(1, plaintext, 0, octets, ciphertext, 0);
    }
  }

  /** Seals a packet. */
  @Benchmark
  public void seal() {
    seal.seal(counter++, plaintext, 0, octets, target, 0);
  }

  /** Opens a packet. */
  @Benchmark
  public boolean open() {
    return open.open(1, ciphertext, 0, octets + TransportAead.TAG_LENGTH, target, 0);
  }

  /** Erases the keys. */
  @TearDown(Level.Trial)
  public void tearDown() {
    seal.close();
    open.close();
    arena.close();
  }

  /** Before the set-up. */
  private enum Absent implements TransportAead {
    INSTANCE;

    @Override
    public void seal(
        long counter,
        MemorySegment source,
        long sourceOffset,
        int length,
        MemorySegment target,
        long targetOffset) {
      throw new IllegalStateException("not set up");
    }

    @Override
    public boolean open(
        long counter,
        MemorySegment source,
        long sourceOffset,
        int length,
        MemorySegment target,
        long targetOffset) {
      throw new IllegalStateException("not set up");
    }

    @Override
    public void close() {
      // Has no key.
    }
  }
}
