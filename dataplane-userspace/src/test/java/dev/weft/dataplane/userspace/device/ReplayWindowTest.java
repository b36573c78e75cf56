// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class ReplayWindowTest {

  private static final int USABLE = ReplayWindow.USABLE;
  private static final long REJECT = ProtocolConstants.REJECT_AFTER_MESSAGES;

  private final ReplayWindow window = new ReplayWindow();

  @Test
  void theWindowHasTheSizeOfTheSpecification() {
    assertEquals(8128, USABLE);
  }

  @Test
  void eachCounterIsAcceptedOnce() {
    for (long counter : new long[] {0, 1, 9, 8, 7, 63, 64, 65, 127, 128}) {
      assertTrue(window.accept(counter), "first " + counter);
      assertFalse(window.accept(counter), "second " + counter);
    }
    assertTrue(window.accept(2));
  }

  @Test
  void theFirstCounterNeedNotBeZero() {
    assertTrue(window.accept(5));
    assertTrue(window.accept(0));
    assertFalse(window.accept(0));
  }

  @Test
  void theWindowEndsWhereItShould() {
    assertTrue(window.accept(USABLE + 1));
    assertFalse(window.accept(0), "one too old");
    assertTrue(window.accept(1), "the oldest");
    assertFalse(window.accept(1));
    assertTrue(window.accept(2));
    assertTrue(window.accept(USABLE));
    assertFalse(window.accept(USABLE));
  }

  @Test
  void withTheGreatestAtTheWindowsSizeZeroIsTheOldest() {
    assertTrue(window.accept(USABLE));
    assertTrue(window.accept(0));
  }

  @Test
  void aJumpBeyondTheWindowForgetsEverythingOld() {
    for (long counter = 0; counter < 100; counter++) {
      assertTrue(window.accept(counter));
    }
    long far = 10L * USABLE + 17;
    assertTrue(window.accept(far));
    assertFalse(window.accept(50));
    assertFalse(window.accept(far - USABLE - 1));
    for (long counter = far - USABLE; counter < far; counter++) {
      assertTrue(window.accept(counter));
    }
    assertFalse(window.accept(far));
  }

  @Test
  void aJumpOfExactlyTheRingLeavesNoOldBits() {
    assertTrue(window.accept(3));
    assertTrue(window.accept(3 + 8192));
    assertTrue(window.accept(3 + 8192 - 1));
    assertFalse(window.accept(3 + 8192));
    assertTrue(window.accept(3 + 8192 + 8192));
    assertTrue(window.accept(3 + 8192 + 64));
    assertFalse(window.accept(3 + 8192));
  }

  @Test
  void noCounterFromTheRejectLimitOnIsAccepted() {
    assertFalse(window.accept(REJECT));
    assertTrue(window.accept(REJECT - 1));
    assertFalse(window.accept(REJECT - 1));
    assertFalse(window.accept(REJECT));
    assertFalse(window.accept(REJECT + 1));
    assertFalse(window.accept(-1));
    assertTrue(window.accept(REJECT - 2));
    assertTrue(window.accept(REJECT - 1 - USABLE));
    assertFalse(window.accept(REJECT - 2 - USABLE));
    assertFalse(window.accept(0));
  }

  @Test
  void countersAreUnsigned() {
    assertTrue(window.accept(Long.MAX_VALUE));
    assertTrue(window.accept(Long.MIN_VALUE));
    assertTrue(window.accept(Long.MAX_VALUE - 1));
    assertFalse(window.accept(Long.MAX_VALUE));
    assertFalse(window.accept(1));
  }

  @Test
  void aFullWindowBackwardsIsAccepted() {
    for (long counter = USABLE; counter >= 0; counter--) {
      assertTrue(window.accept(counter));
    }
    for (long counter = USABLE; counter >= 0; counter--) {
      assertFalse(window.accept(counter));
    }
  }
}
