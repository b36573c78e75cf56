// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine.runtime;

import dev.weft.spi.Scheduler;
import io.netty.channel.IoEventLoop;
import java.nio.ByteBuffer;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One event loop as a queue, and the packet memory that all sockets on it share: a loop carries
 * each datagram to its end before it takes the next. The queue is thread-safe; the memory is the
 * loop's.
 */
final class Loop implements Scheduler {

  /** The longest UDP payload, and then some. */
  static final int DATAGRAM_OCTETS = 1 << 16;

  private static final Logger LOG = LoggerFactory.getLogger(Loop.class);

  private final IoEventLoop eventLoop;
  private final DefectLimit defectLimit = new DefectLimit();
  private @Nullable ByteBuffer receiveBuffer;
  private @Nullable ByteBuffer sendBuffer;

  private Loop(IoEventLoop eventLoop) {
    this.eventLoop = eventLoop;
  }

  /** The queue of a Netty loop. */
  static Loop of(Object eventLoop) {
    return new Loop((IoEventLoop) eventLoop);
  }

  IoEventLoop eventLoop() {
    return eventLoop;
  }

  /** Memory for the datagram being received. On the loop only. */
  ByteBuffer receiveBuffer() {
    if (receiveBuffer == null) {
      receiveBuffer = ByteBuffer.allocateDirect(DATAGRAM_OCTETS);
    }
    return receiveBuffer;
  }

  /** Memory for the datagram being sent. On the loop only. */
  ByteBuffer sendBuffer() {
    if (sendBuffer == null) {
      sendBuffer = ByteBuffer.allocateDirect(DATAGRAM_OCTETS);
    }
    return sendBuffer;
  }

  @Override
  public void execute(Runnable task) {
    try {
      eventLoop.execute(guarded(task));
    } catch (RejectedExecutionException e) {
      LOG.debug("a task came after its runtime closed", e);
    }
  }

  @Override
  public Cancellable schedule(long delayNanos, Runnable task) {
    try {
      Future<?> future =
          eventLoop.schedule(guarded(task), Math.max(0, delayNanos), TimeUnit.NANOSECONDS);
      return () -> future.cancel(false);
    } catch (RejectedExecutionException e) {
      LOG.debug("a task came after its runtime closed", e);
      return () -> {};
    }
  }

  @Override
  public boolean isCurrent() {
    return eventLoop.inEventLoop();
  }

  private Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException e) {
        // The other overlays on this loop must go on.
        tellDefect("a task failed", e);
      }
    };
  }

  /** A defect of ours or of a listener. On the loop only. */
  void tellDefect(String what, RuntimeException defect) {
    if (defectLimit.tells(eventLoop.ticker().nanoTime())) {
      LOG.error("{}", what, defect);
    } else {
      LOG.debug("{}", what, defect);
    }
  }
}
