// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.crypto.BouncyCastleAeadProvider;
import dev.weft.crypto.JdkAeadProvider;
import dev.weft.overlay.OverlayException;
import dev.weft.spi.AeadProvider;
import dev.weft.spi.Availability;
import dev.weft.spi.TransportAead;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
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
}
