// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine.runtime;

import dev.weft.overlay.WeftRuntime;
import dev.weft.spi.EndpointResolver;
import dev.weft.spi.RandomSource;
import dev.weft.spi.Scheduler;
import dev.weft.spi.TimeSource;
import dev.weft.spi.UnderlayPortFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.netty.util.concurrent.Future;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The runtime with real sockets and clocks: one Netty event loop a core. An overlay's queue is one
 * of the loops, handed out in turn. Thread-safe.
 */
public final class NettyRuntime implements WeftRuntime {

  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final int QUIET_MILLIS = 0;
  private static final int STOP_MILLIS = 2_000;

  private final MultiThreadIoEventLoopGroup group;
  private final ThreadGroup threads;
  private final Map<Object, Loop> loops = new ConcurrentHashMap<>();
  private final BlockingResolver resolver;
  private final NettyUnderlayPortFactory underlayPorts = new NettyUnderlayPortFactory();
  private final TimeSource time = new SystemTime();
  private final RandomSource random = new SecureRandomSource();

  /** A runtime with one loop a core. */
  public NettyRuntime() {
    this(Runtime.getRuntime().availableProcessors());
  }

  /** A runtime with that many loops; their threads start when they are first needed. */
  public NettyRuntime(int loopCount) {
    String name = "weft-" + COUNT.incrementAndGet();
    threads = new ThreadGroup(name);
    group =
        new MultiThreadIoEventLoopGroup(
            loopCount,
            new DefaultThreadFactory(name + "-loop", true, Thread.NORM_PRIORITY, threads),
            NioIoHandler.newFactory());
    resolver = new BlockingResolver(name + "-resolver");
  }

  @Override
  public Scheduler newQueue() {
    return loops.computeIfAbsent(group.next(), Loop::of);
  }

  @Override
  public TimeSource time() {
    return time;
  }

  @Override
  public RandomSource random() {
    return random;
  }

  @Override
  public EndpointResolver resolver() {
    return resolver;
  }

  @Override
  public UnderlayPortFactory underlayPorts() {
    return underlayPorts;
  }

  @Override
  public boolean isRuntimeThread() {
    return Thread.currentThread() instanceof FastThreadLocalThread thread
        && threads.equals(thread.getThreadGroup());
  }

  @Override
  public boolean isClosed() {
    return group.isShuttingDown();
  }

  @Override
  public void close() {
    resolver.close();
    Future<?> ended = group.shutdownGracefully(QUIET_MILLIS, STOP_MILLIS, TimeUnit.MILLISECONDS);
    if (!isRuntimeThread()) {
      ended.awaitUninterruptibly(STOP_MILLIS + 1_000L);
    }
  }

  private static final class SystemTime implements TimeSource {
    @Override
    public long nanoTime() {
      return System.nanoTime();
    }

    @Override
    public Instant wallClock() {
      return Instant.now();
    }
  }

  private static final class SecureRandomSource implements RandomSource {
    private final SecureRandom random = new SecureRandom();

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
