// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.overlay.UnderlayException;
import dev.weft.spi.Scheduler;
import dev.weft.spi.UnderlayPort;
import dev.weft.spi.UnderlayPortFactory.Spec;
import dev.weft.transport.Endpoint;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A machine of a simulated network: addresses, sockets, and the runtimes of the programs on it.
 * Made by {@link SimNetwork#host} or {@link SimNat#host}. Used by the simulation's thread.
 */
public final class SimHost implements Realm.Holder {

  private static final int FIRST_EPHEMERAL_PORT = 32768;
  private static final int EPHEMERAL_PORTS = 28232;

  private final SimNetwork network;
  private final String name;
  private final List<InetAddress> addresses = new ArrayList<>();
  private final List<SimPort> ports = new ArrayList<>();
  private final List<SimRuntime> runtimes = new ArrayList<>();
  private final List<Runnable> deferred = new ArrayList<>();
  private Realm realm;
  private boolean frozen;
  private long timerJitterNanos;

  SimHost(SimNetwork network, String name, Realm realm) {
    this.network = network;
    this.name = name;
    this.realm = realm;
  }

  /** What it was named. */
  public String name() {
    return name;
  }

  /** The network it is in. */
  public SimNetwork network() {
    return network;
  }

  /** Its addresses on its own interfaces, behind a NAT the private ones. */
  public List<InetAddress> addresses() {
    return List.copyOf(addresses);
  }

  /** Its first address. */
  public InetAddress address() {
    return addresses.getFirst();
  }

  /** A runtime for a program on this host: one for each process that is to be simulated. */
  public SimRuntime newRuntime() {
    SimRuntime runtime = new SimRuntime(this);
    runtimes.add(runtime);
    return runtime;
  }

  /**
   * Changes the addresses; the NAT, if there is one, stays. Sockets without a bind address go on
   * with the new addresses, others are cut off.
   */
  public void changeAddresses(String... literals) {
    moveTo(realm, literals);
  }

  /** Moves the host behind a NAT, with new addresses. */
  public void moveBehind(SimNat nat, String... literals) {
    moveTo(nat.inner(), literals);
  }

  /** Moves the host to the internet, with new addresses. */
  public void moveToInternet(String... literals) {
    moveTo(network.internet(), literals);
  }

  void moveTo(Realm next, String... literals) {
    if (literals.length == 0) {
      throw new IllegalArgumentException("a host has an address");
    }
    for (InetAddress address : addresses) {
      realmOf(address).remove(address);
    }
    addresses.clear();
    realm = next;
    for (String literal : literals) {
      InetAddress address = InetAddress.ofLiteral(literal);
      realmOf(address).add(address, this);
      addresses.add(address);
    }
  }

  /**
   * Stops every program on the host, as a debugger would: no task runs, time goes on, and datagrams
   * wait in socket buffers until those are full.
   */
  public void freeze() {
    frozen = true;
  }

  /** Lets the programs go on: what was missed runs at once, in order. */
  public void thaw() {
    frozen = false;
    List<Runnable> missed = List.copyOf(deferred);
    deferred.clear();
    for (Runnable run : missed) {
      network.loop().after(0, run);
    }
  }

  /** Whether {@link #freeze} is in force. */
  public boolean isFrozen() {
    return frozen;
  }

  /** Makes every timer late by a random time up to this; zero at first. */
  public void timerJitter(Duration greatest) {
    timerJitterNanos = greatest.toNanos();
  }

  /** Open sockets. */
  public int openPorts() {
    return ports.size();
  }

  int openPorts(SimRuntime runtime) {
    return (int) ports.stream().filter(port -> port.runtime() == runtime).count();
  }

  /** Tasks that wait, of all runtimes. */
  public int pendingTasks() {
    return runtimes.stream().mapToInt(SimRuntime::pendingTasks).sum();
  }

  /** The realm in which an address of this host, or one it sends to, has its meaning. */
  Realm realmOf(InetAddress address) {
    return address instanceof Inet4Address ? realm : network.internet();
  }

  long sampleTimerJitterNanos() {
    return timerJitterNanos == 0 ? 0 : network.random().nextLong(timerJitterNanos + 1);
  }

  /** Whether to run now; otherwise it is run at the thaw. */
  boolean runsNow(Runnable run) {
    if (frozen) {
      deferred.add(run);
    }
    return !frozen;
  }

  boolean holds(InetAddress address) {
    return address.isLoopbackAddress() || addresses.contains(address);
  }

  InetAddress wildcard() {
    boolean ipv6 = addresses.stream().anyMatch(Inet6Address.class::isInstance);
    return InetAddress.ofLiteral(ipv6 ? "::" : "0.0.0.0");
  }

  /** The address from which datagrams to a destination leave. */
  Optional<InetAddress> sourceFor(InetAddress destination) {
    if (holds(destination)) {
      return Optional.of(destination);
    }
    return addresses.stream()
        .filter(address -> address.getClass() == destination.getClass())
        .findFirst();
  }

  SimPort open(SimRuntime runtime, Spec spec, Scheduler queue, UnderlayPort.Handler handler) {
    InetAddress bind = spec.bindAddress().filter(it -> !it.isAnyLocalAddress()).orElse(null);
    if (bind != null && !holds(bind)) {
      throw new UnderlayException(
          "cannot bind " + bind.getHostAddress() + " on " + name + ": it is not a local address");
    }
    int number = spec.port() == 0 ? freePort(bind) : spec.port();
    if (!isFree(bind, number)) {
      throw new UnderlayException(
          "cannot bind port "
              + number
              + " on "
              + name
              + ": it is in use; choose another, or 0 for any");
    }
    SimPort port = new SimPort(this, runtime, bind, number, spec, queue, handler);
    ports.add(port);
    return port;
  }

  private int freePort(@Nullable InetAddress bind) {
    while (true) {
      int port = FIRST_EPHEMERAL_PORT + network.random().nextInt(EPHEMERAL_PORTS);
      if (isFree(bind, port)) {
        return port;
      }
    }
  }

  private boolean isFree(@Nullable InetAddress bind, int number) {
    return ports.stream()
        .noneMatch(
            port ->
                port.number() == number
                    && (bind == null
                        || port.bindAddress() == null
                        || bind.equals(port.bindAddress())));
  }

  void forget(SimPort port) {
    ports.remove(port);
  }

  void forget(SimRuntime runtime) {
    List.copyOf(ports).stream().filter(port -> port.runtime() == runtime).forEach(SimPort::close);
    runtimes.remove(runtime);
  }

  /** The socket for a destination: one bound to its address wins over one bound to all. */
  @Nullable SimPort portAt(Endpoint destination) {
    SimPort wildcard = null;
    for (SimPort port : ports) {
      if (port.number() == destination.port()) {
        if (destination.address().equals(port.bindAddress())) {
          return port;
        }
        if (port.bindAddress() == null) {
          wildcard = port;
        }
      }
    }
    return wildcard;
  }

  @Override
  public String toString() {
    return name;
  }
}
