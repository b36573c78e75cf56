// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.crypto.BouncyCastleAeadProvider;
import dev.weft.crypto.JdkAeadProvider;
import dev.weft.overlay.OverlayException;
import dev.weft.overlay.PortKind;
import dev.weft.spi.AeadProvider;
import dev.weft.spi.Availability;
import dev.weft.spi.TransportAead;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AeadSelectionTest {

  private static final AeadProvider JDK = new JdkAeadProvider();
  private static final AeadProvider BOUNCY_CASTLE = new BouncyCastleAeadProvider();

  /** How a provider differs from the JDK's, which it delegates to. */
  private record Delegating(
      String name, int priority, Availability probe, boolean sealsWrongly, boolean opensAnything)
      implements AeadProvider {

    @Override
    public TransportAead create(byte[] key) {
      TransportAead jdk = JDK.create(key);
      return new TransportAead() {
        @Override
        public void seal(
            long counter,
            MemorySegment source,
            long sourceOffset,
            int length,
            MemorySegment target,
            long targetOffset) {
          jdk.seal(
              sealsWrongly ? counter + 1 : counter,
              source,
              sourceOffset,
              length,
              target,
              targetOffset);
        }

        @Override
        public boolean open(
            long counter,
            MemorySegment source,
            long sourceOffset,
            int length,
            MemorySegment target,
            long targetOffset) {
          return jdk.open(counter, source, sourceOffset, length, target, targetOffset)
              || opensAnything;
        }

        @Override
        public void close() {
          jdk.close();
        }
      };
    }
  }

  @Test
  void takesTheHighestPriorityWhateverTheOrder() {
    assertSame(JDK, AeadSelection.of(List.of(JDK, BOUNCY_CASTLE)).require());
    assertSame(JDK, AeadSelection.of(List.of(BOUNCY_CASTLE, JDK)).require());
  }

  @Test
  void findsTheProvidersOnThePath() {
    assertEquals(
        new OpensslAeadProvider().probe().isAvailable() ? "openssl" : "jdk",
        AeadSelection.onPath().require().name());
  }

  @Test
  void bothProvidersOfThePathPassTheSelfTest() {
    assertSame(BOUNCY_CASTLE, AeadSelection.of(List.of(BOUNCY_CASTLE)).require());
  }

  @Test
  void passesOverAProviderThatIsUnavailable() {
    AeadProvider missing =
        new Delegating(
            "missing", 900, new Availability.Unavailable("no library", "install it"), false, false);
    AeadSelection selection = AeadSelection.of(List.of(missing, JDK));
    assertSame(JDK, selection.require());
    assertEquals(List.of("missing: no library (install it)"), selection.problems());
  }

  @Test
  void passesOverAProviderThatEncryptsWrongly() {
    AeadProvider wrong = new Delegating("wrong", 900, new Availability.Available(), true, false);
    assertSame(JDK, AeadSelection.of(List.of(wrong, JDK)).require());
  }

  @Test
  void passesOverAProviderThatAcceptsDamagedPackets() {
    AeadProvider credulous =
        new Delegating("credulous", 900, new Availability.Available(), false, true);
    assertSame(JDK, AeadSelection.of(List.of(credulous, JDK)).require());
  }

  @Test
  void saysWhyThereIsNone() {
    AeadSelection none =
        AeadSelection.of(
            List.of(
                new Delegating(
                    "missing",
                    1,
                    new Availability.Unavailable("no library", "install it"),
                    false,
                    false)));
    assertEquals(Optional.empty(), none.chosen());
    OverlayException failure = assertThrows(OverlayException.class, none::require);
    assertTrue(String.valueOf(failure.getMessage()).contains("missing: no library (install it)"));
  }

  /** The JDK's cipher by another name, which says that it must warm up. */
  private static final class Slow implements AeadProvider {

    private final Runnable whenWarmedUp;
    private final AeadProvider cipher;
    private final AtomicInteger warmUps = new AtomicInteger();

    Slow(Runnable whenWarmedUp, AeadProvider cipher) {
      this.whenWarmedUp = whenWarmedUp;
      this.cipher = cipher;
    }

    @Override
    public String name() {
      return "slow";
    }

    @Override
    public int priority() {
      return 900;
    }

    @Override
    public Availability probe() {
      return new Availability.Available();
    }

    @Override
    public TransportAead create(byte[] key) {
      return cipher.create(key);
    }

    @Override
    public boolean needsWarmUp() {
      return true;
    }

    @Override
    public void warmUp() {
      warmUps.incrementAndGet();
      whenWarmedUp.run();
    }
  }

  private static void await(Optional<Thread> warmUp) throws InterruptedException {
    Thread thread = warmUp.orElseThrow();
    assertTrue(thread.join(Duration.ofSeconds(60)), "warming up did not end");
  }

  @Test
  void changesOverWhenTheBetterOneIsWarm() throws InterruptedException {
    CountDownLatch mayEnd = new CountDownLatch(1);
    Slow slow =
        new Slow(
            () -> {
              try {
                assertTrue(mayEnd.await(60, TimeUnit.SECONDS));
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            },
            JDK);
    AeadSelection selection = AeadSelection.of(List.of(BOUNCY_CASTLE, slow, JDK));
    assertSame(JDK, selection.current());
    assertEquals("slow (cold), jdk, bouncycastle", selection.order());
    Optional<Thread> warmUp = selection.startWarmUp(Duration.ZERO);
    assertEquals(Optional.empty(), selection.startWarmUp());
    assertSame(JDK, selection.current());
    assertEquals("weft-aead-warm-up", warmUp.orElseThrow().getName());
    assertTrue(warmUp.orElseThrow().isDaemon());
    mayEnd.countDown();
    await(warmUp);
    assertSame(slow, selection.current());
    assertSame(slow, selection.require());
    assertEquals("slow, jdk, bouncycastle", selection.order());
    assertEquals(List.of(), selection.problems());
    assertEquals(Optional.empty(), selection.startWarmUp());
    assertEquals(1, slow.warmUps.get());
  }

  @Test
  void warmsNothingUpBeforeTheDelayIsOver() throws InterruptedException {
    Slow slow = new Slow(() -> {}, JDK);
    AeadSelection selection = AeadSelection.of(List.of(slow, JDK));
    Optional<Thread> waiting = selection.startWarmUp(Duration.ofDays(1));
    waiting.orElseThrow().interrupt();
    await(waiting);
    assertEquals(0, slow.warmUps.get());
    assertSame(JDK, selection.current());
    assertEquals("slow (cold), jdk", selection.order());
  }

  @Test
  void staysWithWhatItHasIfWarmingUpFails() throws InterruptedException {
    Slow failing =
        new Slow(
            () -> {
              throw new IllegalStateException("no such luck");
            },
            JDK);
    AeadSelection selection = AeadSelection.of(List.of(failing, JDK));
    await(selection.startWarmUp(Duration.ZERO));
    assertSame(JDK, selection.current());
    assertEquals("slow (unusable), jdk", selection.order());
    assertEquals(
        List.of("slow: warming up failed: java.lang.IllegalStateException: no such luck"),
        selection.problems());
  }

  @Test
  void staysWithWhatItHasIfTheWarmOneIsWrong() throws InterruptedException {
    AeadProvider wrong = new Delegating("", 0, new Availability.Available(), true, false);
    AeadSelection selection = AeadSelection.of(List.of(new Slow(() -> {}, wrong), JDK));
    await(selection.startWarmUp(Duration.ZERO));
    assertSame(JDK, selection.current());
    assertEquals(List.of("slow: it failed its self-test"), selection.problems());
  }

  @Test
  void theThoroughTestFindsARareFault() {
    AeadProvider faulty =
        new AeadProvider() {
          @Override
          public String name() {
            return "faulty";
          }

          @Override
          public int priority() {
            return 1;
          }

          @Override
          public Availability probe() {
            return new Availability.Available();
          }

          @Override
          public TransportAead create(byte[] key) {
            // Full packets get the nonce of another one; both directions agree on that.
            return new WrongForFullPackets(JDK.create(key));
          }
        };
    assertTrue(AeadSelfTest.passes(faulty));
    assertFalse(AeadSelfTest.exercise(faulty, JDK));
    assertTrue(AeadSelfTest.exercise(JDK, JDK));
  }

  private record WrongForFullPackets(TransportAead aead) implements TransportAead {

    private static long wrong(long counter, int length) {
      return length == 1_420 ? ~counter : counter;
    }

    @Override
    public void seal(
        long counter,
        MemorySegment source,
        long sourceOffset,
        int length,
        MemorySegment target,
        long targetOffset) {
      aead.seal(wrong(counter, length), source, sourceOffset, length, target, targetOffset);
    }

    @Override
    public boolean open(
        long counter,
        MemorySegment source,
        long sourceOffset,
        int length,
        MemorySegment target,
        long targetOffset) {
      return aead.open(
          wrong(counter, length - TAG_LENGTH), source, sourceOffset, length, target, targetOffset);
    }

    @Override
    public void close() {
      aead.close();
    }
  }

  @Test
  void warmsNothingUpThatIsNotBetter() {
    AeadSelection selection = AeadSelection.of(List.of(JDK, BOUNCY_CASTLE));
    assertEquals(Optional.empty(), selection.startWarmUp());
    assertEquals("jdk, bouncycastle", selection.order());
  }

  @Test
  void aColdOneIsBetterThanNone() throws InterruptedException {
    Slow slow = new Slow(() -> {}, JDK);
    AeadSelection selection = AeadSelection.of(List.of(slow));
    assertSame(slow, selection.current());
    // Whatever the delay: nothing better carries the traffic meanwhile.
    await(selection.startWarmUp(Duration.ofDays(1)));
    assertSame(slow, selection.current());
    assertEquals("slow", selection.order());
  }

  @Test
  void namesForceTheChoiceAndTheOrder() {
    Slow slow = new Slow(() -> {}, JDK);
    List<AeadProvider> all = List.of(slow, JDK, BOUNCY_CASTLE);
    assertSame(BOUNCY_CASTLE, AeadSelection.of(all, "bouncycastle").current());
    assertSame(slow, AeadSelection.of(all, "slow").current());
    AeadSelection reversed = AeadSelection.of(all, "bouncycastle, jdk");
    assertSame(BOUNCY_CASTLE, reversed.current());
    assertEquals("bouncycastle, jdk", reversed.order());
    assertSame(JDK, AeadSelection.of(all, " ").current());
  }

  @Test
  void anUnknownNameLeavesNoneAndSaysWhichThereAre() {
    AeadSelection selection = AeadSelection.of(List.of(JDK, BOUNCY_CASTLE), "jdk,nonesuch");
    assertEquals(Optional.empty(), selection.chosen());
    Availability availability =
        UserspaceDataPlaneProvider.availability(new PortKind.InProcess(), selection);
    assertTrue(
        availability.toString().contains("weft.aead is jdk,nonesuch")
            && availability.toString().contains("jdk, bouncycastle"),
        availability::toString);
  }

  @Test
  void aProviderThatCannotEvenBeAskedIsPassedOver() {
    AeadProvider broken =
        new AeadProvider() {
          @Override
          public String name() {
            return "broken";
          }

          @Override
          public int priority() {
            return 901;
          }

          @Override
          public Availability probe() {
            throw new NoClassDefFoundError("dev/weft/Missing");
          }

          @Override
          public TransportAead create(byte[] key) {
            throw new NoClassDefFoundError("dev/weft/Missing");
          }
        };
    AeadSelection selection = AeadSelection.of(List.of(broken, JDK));
    assertSame(JDK, selection.current());
    assertEquals("broken (unusable), jdk", selection.order());
  }
}
