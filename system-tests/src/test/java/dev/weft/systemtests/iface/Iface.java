// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.iface;

import com.sun.management.ThreadMXBean;
import dev.weft.dataplane.userspace.OpensslAeadProvider;
import dev.weft.dataplane.userspace.linux.DeviceListener;
import dev.weft.dataplane.userspace.linux.DeviceOptions;
import dev.weft.dataplane.userspace.linux.LinuxDevice;
import dev.weft.linux.tun.TunDevice;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.AeadProvider;
import dev.weft.spi.PeerSnapshot;
import dev.weft.spi.PeerUpdate;
import dev.weft.spi.RandomSource;
import dev.weft.spi.TimeSource;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import java.lang.management.ManagementFactory;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A device with one worker on a host, with an address of 192.168.77.0/24 and fd77::/64. */
final class Iface implements AutoCloseable {

  static final int MTU_OCTETS = 1420;
  static final int PORT = 51_820;

  private static final int SOCKET_BUFFER_OCTETS = 4 << 20;
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private static final SecureRandom RANDOM = new SecureRandom();

  private static final class Machine implements TimeSource, RandomSource {

    @Override
    public long nanoTime() {
      return System.nanoTime();
    }

    @Override
    public Instant wallClock() {
      return Instant.now();
    }

    @Override
    public void nextBytes(byte[] target) {
      RANDOM.nextBytes(target);
    }

    @Override
    public int nextInt(int bound) {
      return RANDOM.nextInt(bound);
    }
  }

  private static final Machine MACHINE = new Machine();

  private final Host host;
  private final LinuxDevice device;
  private PrivateKey key;

  private Iface(Host host, LinuxDevice device, PrivateKey key) {
    this.host = host;
    this.device = device;
    this.key = key;
  }

  /** Opens one whose addresses end with this number. */
  static Iface open(Host host, int number) {
    return open(host, number, 1);
  }

  /** Tries to open one that has more workers than its interface has queues. */
  static void openWithTooManyWorkers(Host host, int number) {
    open(host, number, 2).close();
  }

  private static Iface open(Host host, int number, int workers) {
    PrivateKey key = PrivateKey.generate();
    AeadProvider cipher = new OpensslAeadProvider();
    DeviceOptions options =
        DeviceOptions.standard(MTU_OCTETS, SOCKET_BUFFER_OCTETS)
            .withWorkers(workers)
            .withListenPort(PORT);
    String name = "wf" + NUMBERS.incrementAndGet();
    LinuxDevice device =
        host.call(
            () -> {
              LinuxDevice opened =
                  new LinuxDevice(
                      TunDevice.open(name, 1),
                      key,
                      options,
                      () -> cipher,
                      MACHINE,
                      MACHINE,
                      DeviceListener.NONE);
              opened.setMtu(MTU_OCTETS);
              opened.start();
              return opened;
            });
    host.shell(
        "ip address add 192.168.77.%2$d/24 dev %1$s; ip link set %1$s up; if [ $(cat /proc/sys/net/ipv6/conf/all/disable_ipv6) = 0 ]; then ip address add fd77::%2$d/64 dev %1$s nodad; fi"
            .formatted(name, number));
    return new Iface(host, device, key);
  }

  String name() {
    return device.name();
  }

  Host host() {
    return host;
  }

  LinuxDevice device() {
    return device;
  }

  PublicKey publicKey() {
    return key.publicKey();
  }

  PrivateKey privateKey() {
    return key;
  }

  /** Adds a peer; an empty endpoint is none. */
  void peer(PublicKey peer, String endpoint, String... allowedIps) {
    apply(
        new PeerUpdate.Create(
            peer,
            Optional.empty(),
            endpoint.isEmpty() ? Optional.empty() : Optional.of(Endpoint.parse(endpoint)),
            Duration.ZERO,
            Stream.of(allowedIps).map(IpPrefix::parse).toList()));
  }

  void apply(PeerUpdate update) {
    var _ =
        device.withCore(
            (core, nowNanos, sink) -> {
              core.apply(update, nowNanos, sink);
              return true;
            });
  }

  void setKey(PrivateKey next) {
    key = next;
    var _ =
        device.withCore(
            (core, nowNanos, sink) -> {
              core.setPrivateKey(next, nowNanos, sink);
              return true;
            });
  }

  void setMtu(int octets) {
    var _ =
        host.call(
            () -> {
              device.setMtu(octets);
              return true;
            });
  }

  void clearKey() {
    var _ =
        device.withCore(
            (core, nowNanos, sink) -> {
              core.clearPrivateKey();
              return true;
            });
  }

  /** Octets received and sent, of the one peer. */
  List<Long> octets() {
    return device.withCore(
        (core, nowNanos, sink) -> {
          PeerSnapshot peer = core.peers().getFirst();
          return List.of(peer.receivedOctets(), peer.sentOctets());
        });
  }

  long drops(String reason) {
    return device.withCore((core, nowNanos, sink) -> core.drops()).getOrDefault(reason, 0L);
  }

  private long worker() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("weft-" + name() + "-0"))
        .findFirst()
        .orElseThrow(() -> new AssertionError("the worker has ended"))
        .threadId();
  }

  /** How long the worker computed. */
  Duration workerTime() {
    return Duration.ofNanos(ManagementFactory.getThreadMXBean().getThreadCpuTime(worker()));
  }

  /** What the worker allocated. */
  long workerAllocated() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return threads.getThreadAllocatedBytes(worker());
  }

  @Override
  public void close() {
    device.close();
  }
}
