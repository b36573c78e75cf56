// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.linux;

import dev.weft.dataplane.userspace.bind.UnderlaySockets;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.poll.EventDescriptor;
import dev.weft.linux.poll.Poller;
import dev.weft.linux.tun.TunQueue;
import dev.weft.linux.udp.UdpSocket;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that carries packets between one queue of the interface and its sockets, each batch all
 * the way, and sleeps when there is nothing. The first worker keeps the timers too. Its memory
 * lives as long as the thread.
 */
final class LinuxWorker {

  private static final Logger LOG = LoggerFactory.getLogger(LinuxWorker.class);

  /** How often at most the interface's MTU is looked up, when something wakes the worker. */
  private static final long MTU_PERIOD_NANOS = 1_000_000_000L;

  private static final int WAKE = 0;
  private static final int INTERFACE = 1;

  private final LinuxDevice device;
  private final int number;
  private final TunQueue queue;
  private final EventDescriptor wake = EventDescriptor.open();
  private final Thread thread;

  private final ReentrantLock pausing = new ReentrantLock();
  private final Condition changed = pausing.newCondition();
  private boolean pauseWanted;
  private boolean paused;
  private boolean ended;

  /** Set for whatever the thread must look at before it sleeps or goes on. */
  private volatile boolean interrupted;

  private volatile boolean stopping;
  private volatile boolean coalesces;
  private volatile @Nullable PacketPath path;
  private @Nullable InterfaceMtu mtu;
  private long mtuSeenNanos;
  private boolean started;

  LinuxWorker(LinuxDevice device, int number, TunQueue queue) {
    this.device = device;
    this.number = number;
    this.queue = queue;
    coalesces = device.hasVnetHeader() && device.offloads().tso();
    thread =
        Thread.ofPlatform()
            .name("weft-" + device.name() + "-" + number)
            .daemon(true)
            .unstarted(this::run);
  }

  void start() {
    started = true;
    thread.start();
  }

  /** Makes the thread look at what is due, unless it is the caller. */
  void wakeUnlessCurrent() {
    if (!Thread.currentThread().equals(thread)) {
      wake.signal();
    }
  }

  /** Waits until the thread uses no socket; {@link #unpause} must follow. Not by a worker. */
  void pause() {
    pausing.lock();
    try {
      pauseWanted = true;
      interrupted = true;
      wake.signal();
      while (started && !paused && !ended) {
        changed.awaitUninterruptibly();
      }
    } finally {
      pausing.unlock();
    }
  }

  /** The thread goes on, with the device's sockets of now. */
  void unpause() {
    pausing.lock();
    try {
      pauseWanted = false;
      changed.signalAll();
    } finally {
      pausing.unlock();
    }
  }

  /** Asks the thread to end. */
  void stop() {
    stopping = true;
    interrupted = true;
    wake.signal();
  }

  /** Waits for the thread's end, and gives back what it had. */
  void join() {
    boolean isInterrupted = false;
    while (started && thread.isAlive() && !Thread.currentThread().equals(thread)) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        isInterrupted = true;
      }
    }
    wake.close();
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** What it counted until a moment ago: the thread does not wait for those who ask. */
  WorkerCounts counts() {
    PacketPath packets = path;
    return packets == null ? WorkerCounts.NONE : packets.counts();
  }

  boolean coalesces() {
    return coalesces;
  }

  private void run() {
    // Shared, though no other thread has it: access to confined memory was measured a third slower.
    try (Arena arena = Arena.ofShared();
        InterfaceMtu interfaceMtu = InterfaceMtu.of(device.name())) {
      mtu = interfaceMtu;
      while (!stopping) {
        carry(arena);
        waitWhilePaused();
      }
    } catch (Throwable e) {
      LOG.debug("worker {} of interface {} ends", number, device.name(), e);
      device.fail(e);
    } finally {
      pausing.lock();
      try {
        ended = true;
        changed.signalAll();
      } finally {
        pausing.unlock();
      }
    }
  }

  private void waitWhilePaused() {
    pausing.lock();
    try {
      interrupted = stopping;
      while (pauseWanted && !stopping) {
        paused = true;
        changed.signalAll();
        changed.awaitUninterruptibly();
      }
      paused = false;
    } finally {
      pausing.unlock();
    }
  }

  /** Carries packets until it is interrupted, with the sockets of now. */
  private void carry(Arena arena) {
    UnderlaySockets sockets = device.sockets();
    PacketPath packets = path;
    if (packets == null) {
      packets = new PacketPath(device, number, queue, sockets, arena);
      path = packets;
    } else {
      packets.use(sockets);
    }
    try (Arena pollArena = Arena.ofConfined()) {
      carry(packets, poller(pollArena, sockets));
    }
  }

  private Poller poller(Arena arena, UnderlaySockets sockets) {
    List<Integer> descriptors = new ArrayList<>();
    descriptors.add(wake.number());
    descriptors.add(queue.descriptor());
    addTo(descriptors, sockets.ipv4(number));
    addTo(descriptors, sockets.ipv6(number));
    return new Poller(arena, descriptors.stream().mapToInt(Integer::intValue).toArray());
  }

  private static void addTo(List<Integer> descriptors, @Nullable UdpSocket socket) {
    if (socket != null) {
      descriptors.add(socket.descriptor());
    }
  }

  private void carry(PacketPath packets, Poller poller) {
    while (!interrupted) {
      boolean isBusy = packets.fromInterface();
      isBusy |= packets.fromUnderlay();
      long nowNanos = device.nowNanos();
      if (number == 0 && device.isTimerDue(nowNanos)) {
        device.onTimer();
      }
      if (!isBusy) {
        sleep(packets, poller, nowNanos);
      }
    }
  }

  private void sleep(PacketPath packets, Poller poller, long nowNanos) {
    coalesces = packets.coalesces();
    int ready = poller.poll(number == 0 ? device.nanosToDeadline(nowNanos) : -1);
    if (number == 0 && mtu != null && nowNanos - mtuSeenNanos >= MTU_PERIOD_NANOS) {
      mtuSeenNanos = nowNanos;
      device.followMtu(mtu);
    }
    if (ready < 0) {
      throw new LinuxException("waiting for packets of interface " + device.name(), -ready);
    }
    if (poller.isReadable(WAKE)) {
      wake.drain();
    }
    if (poller.hasFailed(INTERFACE)) {
      packets.checkInterface();
    }
  }
}
