// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The edges of the replay window, one by one, and sweeps over all of it. WG §5.4.6, RFC 6479. */
final class ReplayWindowConformanceTest {

  private static final int W = ReplayWindow.USABLE;
  private static final int RING = W + 64;
  private static final long REJECT = ProtocolConstants.REJECT_AFTER_MESSAGES;

  private final ReplayWindow window = new ReplayWindow();

  private static long[] seen(long... counters) {
    return counters;
  }

  private static Arguments accepted(long counter, long... before) {
    return Arguments.of(before, counter, true);
  }

  private static Arguments refused(long counter, long... before) {
    return Arguments.of(before, counter, false);
  }

  static Stream<Arguments> edges() {
    return Stream.of(
        // The first counters.
        accepted(0),
        accepted(1),
        refused(0, 0),
        refused(1, 1),
        accepted(0, 1),
        accepted(1, 0),
        refused(1, 0, 1),
        refused(0, 1, 0),
        accepted(9, 0, 1, 2),
        accepted(8, 0, 9),
        refused(9, 9, 8),
        // The borders of a word of the bitmap.
        accepted(63, 64),
        accepted(64, 63),
        refused(64, 63, 64),
        refused(63, 64, 63),
        accepted(127, 128),
        // The lower edge of the window.
        accepted(0, W),
        refused(0, W + 1),
        accepted(1, W + 1),
        refused(1, W + 2),
        refused(0, 0, W),
        refused(0, 0, W + 1),
        accepted(W - 1, W),
        refused(W, W),
        accepted(W + 1, W),
        accepted(2 * W - 1, W, 2 * W),
        refused(W - 1, 2 * W),
        accepted(W, 2 * W),
        // The ring as long as the window and one word more: what a jump uncovers is empty.
        accepted(RING, 0),
        refused(0, 0, RING),
        accepted(RING - 1, 63, RING),
        accepted(RING, 0, RING + 1),
        accepted(RING + 64, 64, RING + 65),
        accepted(5L * RING + 3, 3, 5L * RING + 4),
        refused(3, 3, 5L * RING + 3),
        // Unsigned, and further than an int.
        accepted(1L << 32, 0),
        refused(0, 1L << 32),
        accepted((1L << 32) - W, 1L << 32),
        refused((1L << 32) - W - 1, 1L << 32),
        accepted(Long.MIN_VALUE, Long.MAX_VALUE),
        accepted(Long.MAX_VALUE, Long.MIN_VALUE),
        refused(Long.MAX_VALUE, Long.MAX_VALUE, Long.MIN_VALUE),
        refused(0, Long.MIN_VALUE),
        // The end.
        accepted(REJECT - 1),
        refused(REJECT),
        refused(REJECT + 1),
        refused(-1),
        refused(REJECT - 1, REJECT - 1),
        accepted(REJECT - 2, REJECT - 1),
        accepted(REJECT - 1 - W, REJECT - 1),
        refused(REJECT - 2 - W, REJECT - 1),
        refused(REJECT, REJECT - 1),
        accepted(0, -1, REJECT),
        refused(0, REJECT - 1));
  }

  @ParameterizedTest
  @MethodSource("edges")
  void everyEdgeIsWhereItBelongs(long[] before, long counter, boolean isAccepted) {
    LongStream.of(seen(before)).forEach(window::accept);
    assertEquals(isAccepted, window.accept(counter));
    assertFalse(window.accept(counter), "never twice");
  }

  @Test
  void thereAreAtLeastThirtyFourEdges() {
    assertTrue(edges().count() >= 34);
  }

  private void sweep(LongStream counters, boolean isAccepted) {
    counters.forEach(
        counter -> assertEquals(isAccepted, window.accept(counter), () -> "" + counter));
  }

  @Test
  void aSweepForwardsIsAcceptedOnce() {
    sweep(LongStream.rangeClosed(1, W), true);
    sweep(LongStream.of(0), true);
    sweep(LongStream.rangeClosed(0, W), false);
  }

  @Test
  void aSweepForwardsLeavesWhatItPassedBehind() {
    sweep(LongStream.rangeClosed(2, W + 1), true);
    sweep(LongStream.of(1), true);
    sweep(LongStream.of(0), false);
  }

  @Test
  void aSweepBackwardsIsAcceptedOnce() {
    sweep(LongStream.rangeClosed(0, W).map(i -> W - i), true);
    sweep(LongStream.rangeClosed(0, W).map(i -> W - i), false);
  }

  @Test
  void aSweepBackwardsEndsAtTheWindow() {
    sweep(LongStream.rangeClosed(0, W).map(i -> W + 1 - i), true);
    sweep(LongStream.of(0), false);
  }

  @Test
  void aGapIsFilledAfterASweepForwards() {
    sweep(LongStream.rangeClosed(1, W), true);
    sweep(LongStream.of(W + 1), true);
    sweep(LongStream.of(0), false);
    sweep(LongStream.iterate(3L * W, i -> i - 1).limit(W + 1), true);
    sweep(LongStream.of(2L * W - 1), false);
  }

  @Test
  void aSweepUpToTheEndStopsThere() {
    sweep(LongStream.rangeClosed(1, W + 1).map(i -> REJECT - W - 2 + i), true);
    sweep(LongStream.of(REJECT, REJECT + 1, -1), false);
    sweep(LongStream.rangeClosed(1, W + 1).map(i -> REJECT - W - 2 + i), false);
  }

  @Test
  void shuffledCountersAreEachAcceptedOnce() {
    Random random = new Random(7);
    long base = (1L << 40) + 17;
    BitSet model = new BitSet();
    window.accept(base + W);
    for (int i = 0; i < 100_000; i++) {
      int offset = random.nextInt(W);
      assertEquals(!model.get(offset), window.accept(base + offset));
      model.set(offset);
    }
  }
}
