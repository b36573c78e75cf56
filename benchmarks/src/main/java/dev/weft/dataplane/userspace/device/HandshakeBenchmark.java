// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.crypto.noise.SymmetricState;
import dev.weft.dataplane.userspace.message.HandshakeInitiation;
import dev.weft.peer.PrivateKey;
import dev.weft.spi.RandomSource;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A whole handshake, both sides in one thread: both messages created and consumed, up to the chain
 * key that the session follows from, without MACs and encoding. What follows from both static keys
 * is known from the handshakes before, as it is between peers.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class HandshakeBenchmark {

  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final int LOCAL_INDEX = 1;
  private static final int REMOTE_INDEX = 2;
  private static final byte[] NO_PRESHARED_KEY = new byte[32];

  private final RandomSource random = new Pseudo();
  private final LocalIdentity initiator = new LocalIdentity(key(1));
  private final LocalIdentity responder = new LocalIdentity(key(2));
  private final Handshake initiating = handshakeWith(responder);
  private final Handshake responding = handshakeWith(initiator);
  private long seconds;

  private static PrivateKey key(int seed) {
    byte[] octets = new byte[32];
    new Random(seed).nextBytes(octets);
    return PrivateKey.of(octets);
  }

  private Handshake handshakeWith(LocalIdentity other) {
    return new Handshake(new Peer(other.publicKey(), new DeadlineQueue(), random));
  }

  /** Initiation and response. */
  @Benchmark
  public SymmetricState both() throws DroppedException {
    seconds++;
    HandshakeInitiation initiation =
        initiating.createInitiation(
            initiator, LOCAL_INDEX, Instant.EPOCH.plusSeconds(seconds), random);
    HandshakeState.InitiationConsumed consumed =
        responding.consumeInitiation(
            responder,
            Handshake.decryptStatic(responder, initiation),
            initiation,
            seconds * SECOND_NANOS);
    Handshake.Response response =
        responding.createResponse(consumed, REMOTE_INDEX, NO_PRESHARED_KEY, random);
    return initiating.consumeResponse(initiator, response.message(), NO_PRESHARED_KEY).symmetric();
  }

  /** Fast, and the same each time: what randomness costs is the kernel's. */
  private static final class Pseudo implements RandomSource {
    private final Random random = new Random(3);

    @Override
    public void nextBytes(byte[] target) {
      random.nextBytes(target);
    }

    @Override
    public int nextInt(int bound) {
      return random.nextInt(bound);
    }
  }
}
