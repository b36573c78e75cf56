// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.linux;

import dev.weft.dataplane.userspace.bind.Destinations;
import dev.weft.dataplane.userspace.bind.UnderlaySockets;
import dev.weft.dataplane.userspace.device.DeviceSink;
import dev.weft.dataplane.userspace.device.WireGuardDevice;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.tun.TunDevice;
import dev.weft.peer.PrivateKey;
import dev.weft.spi.AeadProvider;
import dev.weft.spi.Change;
import dev.weft.spi.PeerUpdate;
import dev.weft.spi.RandomSource;
import dev.weft.spi.TimeSource;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A WireGuard device between a TUN interface and UDP sockets, with threads of its own. Thread-safe:
 * {@link #withCore} gives the core to one thread at a time. The methods that open, move and close
 * sockets and the interface may block for milliseconds.
 */
public final class LinuxDevice implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LinuxDevice.class);

  private static final long NEVER = Long.MAX_VALUE;

  /** What to do with the core. */
  @FunctionalInterface
  public interface CoreTask<T> {
    /** Called while the device is held. */
    T run(WireGuardDevice core, long nowNanos, DeviceSink sink);
  }

  private final String name;
  private final DeviceOptions options;
  private final TimeSource time;
  private final DeviceListener listener;
  private final TunDevice tun;
  private final TunDevice.Offloads offloads;
  private final ReentrantLock lock = new ReentrantLock();
  private final WireGuardDevice core;
  private final Destinations destinations = new Destinations();
  private final ControlOutput output;
  private final CoreSink sink;
  private final List<LinuxWorker> workers = new ArrayList<>();
  private volatile UnderlaySockets sockets;

  /** When the core's next timer is due, of the monotonic clock; only the lock's holder writes. */
  private volatile long deadlineNanos = NEVER;

  private volatile boolean hasDeadline;
  private boolean failed;
  private volatile boolean closed;

  /**
   * Takes over an interface and opens sockets; the workers start with {@link #start}.
   *
   * @param tun closed with the device, or if this fails
   * @throws LinuxException if the sockets cannot be had
   */
  public LinuxDevice(
      TunDevice tun,
      PrivateKey key,
      DeviceOptions options,
      Supplier<AeadProvider> ciphers,
      TimeSource time,
      RandomSource random,
      DeviceListener listener) {
    this.tun = tun;
    this.options = options;
    this.time = time;
    this.listener = listener;
    name = tun.name();
    List<Runnable> opened = new ArrayList<>(List.of(tun::close));
    try {
      offloads =
          tun.hasVnetHeader() && options.offloads()
              ? tun.enableOffloads(true, true)
              : new TunDevice.Offloads(false, false, false);
      UnderlaySockets first = UnderlaySockets.open(options.socketSpec());
      opened.add(first::close);
      sockets = first;
      output = new ControlOutput(tun.queue(0), first, destinations);
      opened.add(output::close);
      sink = new CoreSink(output, tun.hasVnetHeader(), destinations, listener);
      core =
          new WireGuardDevice(key, options.mtuOctets(), new CoreEnvironment(ciphers, time, random));
      for (int i = 0; i < options.workers(); i++) {
        LinuxWorker worker = new LinuxWorker(this, i, tun.queue(i));
        opened.add(worker::join);
        workers.add(worker);
      }
    } catch (RuntimeException | Error e) {
      opened.reversed().forEach(Runnable::run);
      throw e;
    }
  }

  /** Lets packets flow. */
  public void start() {
    workers.forEach(LinuxWorker::start);
    LOG.info("interface {}: {} workers, port {}", name, workers.size(), sockets.port());
  }

  /** The interface's name. */
  public String name() {
    return name;
  }

  /** What it was made with. */
  public DeviceOptions options() {
    return options;
  }

  TunDevice.Offloads offloads() {
    return offloads;
  }

  boolean hasVnetHeader() {
    return tun.hasVnetHeader();
  }

  DeviceListener listener() {
    return listener;
  }

  Destinations destinations() {
    return destinations;
  }

  UnderlaySockets sockets() {
    return sockets;
  }

  long nowNanos() {
    return time.nanoTime();
  }

  /** Whether some timer of the core is due. Any thread. */
  boolean isTimerDue(long nowNanos) {
    return hasDeadline && deadlineNanos - nowNanos <= 0;
  }

  /** How long until a timer is due; negative if there is none. Any thread. */
  long nanosToDeadline(long nowNanos) {
    return hasDeadline ? Math.max(0, deadlineNanos - nowNanos) : -1;
  }

  /** Sets the interface's MTU. */
  public void setMtu(int octets) {
    try (InterfaceMtu interfaceMtu = InterfaceMtu.of(name)) {
      interfaceMtu.set(octets);
    }
    withCore(
        (device, nowNanos, to) -> {
          device.setMtu(octets);
          return true;
        });
  }

  /** Follows the interface's MTU, which others may change: padding does not go beyond it. */
  void followMtu(InterfaceMtu interfaceMtu) {
    int octets = interfaceMtu.octets();
    if (octets > 0) {
      withCore(
          (device, nowNanos, to) -> {
            device.setMtu(octets);
            return true;
          });
    }
  }

  /** Does what is due. */
  void onTimer() {
    withCore(
        (device, nowNanos, to) -> {
          if (device.hasDeadline() && device.nextDeadlineNanos() - nowNanos <= 0) {
            device.onDeadline(nowNanos, to);
          }
          return true;
        });
  }

  /** Runs a task with the core. Any thread; short tasks only: packets wait meanwhile. */
  public <T> T withCore(CoreTask<T> task) {
    lock.lock();
    try {
      return task.run(core, nowNanos(), sink);
    } finally {
      settle();
      lock.unlock();
    }
  }

  /** Changes one peer; the address that its endpoint is sent to from is chosen anew. */
  public void apply(PeerUpdate update) {
    endpointOf(update).ifPresent(destinations::forgetSource);
    withCore(
        (device, nowNanos, to) -> {
          device.apply(update, nowNanos, to);
          return true;
        });
  }

  private static Optional<Endpoint> endpointOf(PeerUpdate update) {
    return switch (update) {
      case PeerUpdate.Create create -> create.endpoint();
      case PeerUpdate.Update change ->
          change.endpoint() instanceof Change.Set<Endpoint>(var endpoint)
              ? Optional.of(endpoint)
              : Optional.empty();
      case PeerUpdate.Delete delete -> Optional.empty();
    };
  }

  /** For workers: takes the core without a task object; {@link #releaseCore} must follow. */
  WireGuardDevice holdCore() {
    lock.lock();
    return core;
  }

  CoreSink sink() {
    return sink;
  }

  void releaseCore() {
    settle();
    lock.unlock();
  }

  /** Before the core is released: the timer that is next may have changed. */
  private void settle() {
    boolean isSet = core.hasDeadline();
    long next = isSet ? core.nextDeadlineNanos() : NEVER;
    boolean isEarlier = isSet && (!hasDeadline || next - deadlineNanos < 0);
    deadlineNanos = next;
    hasDeadline = isSet;
    if (isEarlier && !workers.isEmpty()) {
      // The first worker keeps the timers and may be asleep for longer.
      workers.getFirst().wakeUnlessCurrent();
    }
  }

  /** The port in use. */
  public int listenPort() {
    return sockets.port();
  }

  /** The mark of outgoing datagrams; 0 if there is none. */
  public int mark() {
    return sockets.mark();
  }

  /** Octets of receive buffer that the system granted each socket. */
  public int receiveBufferOctets() {
    return sockets.receiveBufferOctets();
  }

  /** Octets of send buffer that the system granted each socket. */
  public int sendBufferOctets() {
    return sockets.sendBufferOctets();
  }

  /**
   * Moves to another port; sessions stay.
   *
   * @param port 0 for any
   * @throws LinuxException if it cannot be had; then nothing changed
   */
  public void setListenPort(int port) {
    if (port == 0 || port != sockets.port()) {
      moveTo(port);
    }
  }

  /**
   * Marks outgoing datagrams; 0 removes the mark.
   *
   * @throws LinuxException without privilege
   */
  public void setMark(int mark) {
    synchronized (workers) {
      requireOpen();
      sockets.setMark(mark);
    }
  }

  /**
   * Opens the sockets anew, on the same port: the old ones go first.
   *
   * @throws LinuxException if the port was lost meanwhile; then it is another
   */
  public void rebind() {
    synchronized (workers) {
      requireOpen();
      UnderlaySockets former = sockets;
      UnderlaySockets.Spec spec = former.spec().withPort(former.port()).withMark(former.mark());
      workers.forEach(LinuxWorker::pause);
      try {
        lock.lock();
        try {
          former.close();
          destinations.forgetSources();
          try {
            use(UnderlaySockets.open(spec));
          } catch (LinuxException e) {
            use(UnderlaySockets.open(spec.withPort(0)));
            throw e;
          }
        } finally {
          lock.unlock();
        }
      } catch (LinuxException e) {
        if (sockets.equals(former)) {
          // Without any socket there is nothing to go on with.
          workers.forEach(LinuxWorker::stop);
          fail(e);
        }
        throw e;
      } finally {
        workers.forEach(LinuxWorker::unpause);
      }
    }
  }

  private void moveTo(int port) {
    synchronized (workers) {
      requireOpen();
      UnderlaySockets current = sockets;
      adopt(UnderlaySockets.open(current.spec().withMark(current.mark()).withPort(port)));
    }
  }

  private void adopt(UnderlaySockets next) {
    UnderlaySockets former = sockets;
    workers.forEach(LinuxWorker::pause);
    try {
      use(next);
      former.close();
    } finally {
      workers.forEach(LinuxWorker::unpause);
    }
  }

  private void use(UnderlaySockets next) {
    lock.lock();
    try {
      output.use(next);
      sockets = next;
    } finally {
      lock.unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new LinuxException("interface " + name + " is closed");
    }
  }

  /** Sends a datagram that is not WireGuard's, or an answer; false if it was dropped. */
  public boolean send(PacketBuffer datagram, Endpoint destination) {
    lock.lock();
    try {
      return !closed && output.send(datagram, destination);
    } finally {
      lock.unlock();
    }
  }

  /** Writes an IP packet to the interface; false if it was dropped. */
  public boolean writeToInterface(PacketBuffer packet) {
    lock.lock();
    try {
      return !closed && output.writeToTun(packet, tun.hasVnetHeader());
    } finally {
      lock.unlock();
    }
  }

  /** What the workers counted. */
  public WorkerCounts counts() {
    WorkerCounts sum = WorkerCounts.NONE;
    for (LinuxWorker worker : workers) {
      sum = sum.plus(worker.counts());
    }
    return sum;
  }

  /** Which offloads are in use now. */
  public OffloadStatus offloadStatus() {
    UnderlaySockets current = sockets;
    boolean coalesces = workers.stream().allMatch(LinuxWorker::coalesces);
    return new OffloadStatus(
        tun.hasVnetHeader(),
        offloads.tso(),
        offloads.uso(),
        coalesces,
        current.hasGso(),
        current.hasGro(),
        destinations.withoutOffload());
  }

  /** A worker cannot go on. */
  void fail(Throwable cause) {
    lock.lock();
    try {
      if (failed || closed) {
        return;
      }
      failed = true;
    } finally {
      lock.unlock();
    }
    if (cause instanceof InterfaceRemovedException) {
      LOG.info("{}", cause.getMessage());
    } else {
      LOG.warn("interface {}: {}", name, cause.getMessage());
    }
    listener.onFailure(cause);
  }

  /** Removes the interface, ends the workers and erases all keys. Idempotent; waits for them. */
  @Override
  public void close() {
    synchronized (workers) {
      if (closed) {
        return;
      }
      closed = true;
      workers.forEach(LinuxWorker::stop);
      workers.forEach(LinuxWorker::join);
      lock.lock();
      try {
        core.close();
      } finally {
        lock.unlock();
      }
      sockets.close();
      tun.close();
      output.close();
    }
  }
}
