// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.linux.Allocations;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout.PathElement;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class PollerTest {

  private static final long LIMIT_NANOS = Duration.ofSeconds(20).toNanos();

  private final Arena arena = Arena.ofConfined();
  private final EventDescriptor first = EventDescriptor.open();
  private final EventDescriptor second = EventDescriptor.open();
  private final Poller poller = new Poller(arena, first.number(), second.number());

  @AfterEach
  void close() {
    first.close();
    second.close();
    arena.close();
  }

  @Test
  void structuresHaveTheSizesOfTheKernel() {
    assertEquals(8, Poller.POLLFD.byteSize());
    assertEquals(4, Poller.POLLFD.byteOffset(PathElement.groupElement("events")));
    assertEquals(6, Poller.POLLFD.byteOffset(PathElement.groupElement("revents")));
    assertEquals(16, Poller.TIMESPEC.byteSize());
    assertEquals(8, Poller.TIMESPEC.byteOffset(PathElement.groupElement("tv_nsec")));
  }

  @Test
  void nothingIsReadyWithoutASignal() {
    assertEquals(0, poller.poll(0));
    assertFalse(poller.isReadable(0));
    assertFalse(poller.hasFailed(0));
    assertEquals(0, poller.poll(1_000_000));
  }

  @Test
  void aSignalMakesItsDescriptorReadableUntilItIsDrained() {
    second.signal();
    second.signal();
    assertEquals(1, poller.poll(-1));
    assertFalse(poller.isReadable(0));
    assertTrue(poller.isReadable(1));
    assertFalse(poller.hasFailed(1));
    assertEquals(1, poller.poll(0));
    second.drain();
    assertEquals(0, poller.poll(0));
    assertFalse(poller.isReadable(1));
  }

  @Test
  void drainingWithoutASignalDoesNotWait() {
    first.drain();
    assertEquals(0, poller.poll(0));
  }

  @Test
  void anotherThreadEndsTheWaiting() throws InterruptedException {
    Thread thread = Thread.ofPlatform().start(first::signal);
    assertEquals(1, poller.poll(LIMIT_NANOS));
    assertTrue(poller.isReadable(0));
    thread.join();
  }

  @Test
  void aDescriptorWithoutInterestDoesNotEndTheWaiting() {
    first.signal();
    poller.setInterested(0, false);
    assertEquals(0, poller.poll(0));
    assertFalse(poller.isReadable(0));
    poller.setInterested(0, true);
    assertEquals(1, poller.poll(0));
    assertTrue(poller.isReadable(0));
  }

  @Test
  void aNumberThatIsNotOpenHasFailed() {
    Poller broken = new Poller(arena, first.number(), Integer.MAX_VALUE);
    assertEquals(1, broken.poll(-1));
    assertTrue(broken.hasFailed(1));
    assertFalse(broken.isReadable(1));
    assertFalse(broken.hasFailed(0));
  }

  @Test
  void indicesAreChecked() {
    assertThrows(IndexOutOfBoundsException.class, () -> poller.isReadable(2));
    assertThrows(IndexOutOfBoundsException.class, () -> poller.setInterested(-1, true));
  }

  @Test
  void aSignalAfterClosingDoesNotReachWhoGotTheNumber() {
    EventDescriptor closed = EventDescriptor.open();
    closed.close();
    closed.close();
    EventDescriptor next = EventDescriptor.open();
    closed.signal();
    closed.drain();
    assertEquals(0, new Poller(arena, next.number()).poll(0));
    next.signal();
    closed.close();
    assertEquals(1, new Poller(arena, next.number()).poll(0));
    next.close();
  }

  @Test
  void signalsThatRaceWithClosingHaveNoEffectOnOthers() throws InterruptedException {
    for (int round = 0; round < 200; round++) {
      EventDescriptor racing = EventDescriptor.open();
      Thread thread =
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < 20; i++) {
                      racing.signal();
                    }
                  });
      racing.close();
      EventDescriptor next = EventDescriptor.open();
      thread.join();
      assertEquals(0, new Poller(arena, next.number()).poll(0));
      next.close();
    }
  }

  @Test
  void pollingAndSignallingAllocateNothing() {
    double octets =
        Allocations.perRun(
            () -> {
              first.signal();
              assertTrue(poller.poll(-1) == 1);
              first.drain();
              assertTrue(poller.poll(0) == 0);
            });
    assertTrue(octets < 4, "octets a round: " + octets);
  }
}
