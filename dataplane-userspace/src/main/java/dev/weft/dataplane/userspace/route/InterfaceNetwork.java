// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.route;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.netlink.NetlinkSocket;
import dev.weft.linux.rtnetlink.Addresses;
import dev.weft.linux.rtnetlink.IpFamily;
import dev.weft.linux.rtnetlink.Link;
import dev.weft.linux.rtnetlink.LinkAddress;
import dev.weft.linux.rtnetlink.Links;
import dev.weft.linux.rtnetlink.Route;
import dev.weft.linux.rtnetlink.Routes;
import dev.weft.linux.rtnetlink.Rules;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What Weft puts on one interface: MTU, addresses, routes, rules. The package's description has the
 * scheme. Used by one thread at a time, a platform thread: calls block for the kernel. Call {@link
 * #open}, {@link #setAddresses}, {@link #up} and {@link #setRoutes} in any order after opening;
 * routes are put in as soon as the interface is up.
 *
 * <p>A single address, route or rule that the kernel refuses is one of the {@link #problems}; the
 * others are set all the same. Setting again tries again, and puts back what somebody removed.
 */
public final class InterfaceNetwork implements AutoCloseable {

  private static final Path IPV4_CONFIGURATION = Path.of("/proc/sys/net/ipv4/conf");

  private final NetlinkSocket socket;
  private final Links links;
  private final Addresses addresses;
  private final Routes routes;
  private final PolicyRules policyRules;
  private final Link link;
  private final int mark;

  private final SourceValidation sourceValidation = new SourceValidation(IPV4_CONFIGURATION);
  private final Problems addressProblems = new Problems();
  private final Problems routeProblems = new Problems();

  private Set<InterfaceAddress> wantedAddresses = Set.of();
  private final Set<InterfaceAddress> ownAddresses = new LinkedHashSet<>();
  private Set<IpPrefix> allowedIps = Set.of();
  private Set<InetAddress> underlayEndpoints = Set.of();
  private boolean up;
  private boolean closed;

  private InterfaceNetwork(NetlinkSocket socket, String interfaceName, int mtuOctets) {
    this.socket = socket;
    links = new Links(socket);
    addresses = new Addresses(socket);
    routes = new Routes(socket);
    policyRules = new PolicyRules(new Rules(socket), routes);
    link =
        links
            .byName(interfaceName)
            .orElseThrow(
                () -> new LinuxException("opening interface " + interfaceName, Errno.ENODEV));
    links.setMtu(link.index(), mtuOctets);
    removeOwnRoutes();
    policyRules.removeLeftovers();
    mark = policyRules.freeMark(interfaceName);
  }

  /**
   * Takes an interface that exists, sets its MTU and removes what killed processes left.
   *
   * @throws LinuxException if there is no such interface, or no privilege (CAP_NET_ADMIN), or no
   *     native access
   */
  public static InterfaceNetwork open(String interfaceName, int mtuOctets) {
    NetlinkSocket socket = NetlinkSocket.open(NetlinkSocket.ROUTE);
    try {
      return new InterfaceNetwork(socket, interfaceName, mtuOctets);
    } catch (RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /**
   * The mark (SO_MARK) that the sockets of the underlay must carry. Fixed from the start; needed as
   * soon as a prefix holds an endpoint or is a default route.
   */
  public int mark() {
    return mark;
  }

  /** The interface's index. */
  public int linkIndex() {
    return link.index();
  }

  /** The interface as it is now, with its flags and MTU; empty if it is gone. */
  public Optional<Link> link() {
    requireOpen();
    return links.byIndex(link.index());
  }

  /** Switches the interface on, and puts in the routes. */
  public void up() {
    requireOpen();
    links.setUp(link.index(), true);
    up = true;
    applyRoutes();
  }

  /** Sets the addresses: these, and none that were set before. */
  public void setAddresses(Collection<InterfaceAddress> wanted) {
    requireOpen();
    addressProblems.clear();
    wantedAddresses = new LinkedHashSet<>(wanted);
    addMissingAddresses();
    for (InterfaceAddress obsolete : List.copyOf(ownAddresses)) {
      if (!wantedAddresses.contains(obsolete)) {
        removeAddress(obsolete);
      }
    }
    // With its first address of a network, IPv4 removes the others of that network too.
    addMissingAddresses();
    applyRoutes();
  }

  /**
   * Sets the routes: to these, and to none that were set before.
   *
   * @param wanted the allowed IPs of all peers
   * @param endpoints the addresses that peers are reached at, outside the tunnel. Set them before
   *     the first datagram goes there
   */
  public void setRoutes(Collection<IpPrefix> wanted, Collection<InetAddress> endpoints) {
    requireOpen();
    allowedIps = new LinkedHashSet<>(wanted);
    underlayEndpoints = Set.copyOf(endpoints);
    applyRoutes();
  }

  /** What could not be done when addresses and routes were last set, or at the end. */
  public List<String> problems() {
    return Stream.concat(addressProblems.texts().stream(), routeProblems.texts().stream()).toList();
  }

  private void addMissingAddresses() {
    Set<InterfaceAddress> present = presentAddresses();
    for (InterfaceAddress address : wantedAddresses) {
      if (!present.contains(address)) {
        addAddress(address);
      }
    }
  }

  private Set<InterfaceAddress> presentAddresses() {
    return addresses.list(link.index()).stream()
        .map(row -> new InterfaceAddress(row.address(), row.prefixLength()))
        .collect(Collectors.toSet());
  }

  private void addAddress(InterfaceAddress address) {
    // IPv6 has an address once only: with another prefix length it must go first.
    for (InterfaceAddress other : List.copyOf(ownAddresses)) {
      if (other.address().equals(address.address()) && !wantedAddresses.contains(other)) {
        removeAddress(other);
      }
    }
    try {
      addresses.add(row(address));
      ownAddresses.add(address);
    } catch (LinuxException e) {
      addressProblems.add(e);
    }
  }

  private void removeAddress(InterfaceAddress address) {
    ownAddresses.remove(address);
    try {
      addresses.delete(row(address));
    } catch (LinuxException e) {
      if (e.errno() != Errno.EADDRNOTAVAIL && e.errno() != Errno.ENODEV) {
        addressProblems.add(e);
      }
    }
  }

  private LinkAddress row(InterfaceAddress address) {
    // Nobody can answer for an address in a tunnel but its owner.
    int flags = IpFamily.of(address.address()) == IpFamily.IPV6 ? LinkAddress.NO_DAD : 0;
    return new LinkAddress(link.index(), address.address(), address.prefixLength(), flags);
  }

  private void applyRoutes() {
    if (!up) {
      return; // IPv4 refuses routes over an interface that is down.
    }
    routeProblems.clear();
    RoutePlan plan = RoutePlan.of(allowedIps, wantedAddresses, underlayEndpoints);
    for (IpFamily family : IpFamily.values()) {
      try {
        applyRoutes(family, ofFamily(plan.main(), family), ofFamily(plan.own(), family));
      } catch (LinuxException e) {
        routeProblems.add(e);
      }
    }
  }

  private static Set<IpPrefix> ofFamily(Set<IpPrefix> prefixes, IpFamily family) {
    return prefixes.stream()
        .filter(prefix -> prefix.isIpv6() == (family == IpFamily.IPV6))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** First adds, then removes, so that no packet falls between; the own table before its rules. */
  private void applyRoutes(IpFamily family, Set<IpPrefix> main, Set<IpPrefix> own) {
    List<Route> present = routes.list(family, 0, 0, link.index());
    addMissing(own, prefixesOf(present, mark), mark);
    Set<Integer> lengths = own.stream().map(IpPrefix::length).collect(Collectors.toSet());
    if (!own.isEmpty()) {
      policyRules.ensure(family, mark, lengths);
      if (family == IpFamily.IPV4 && lengths.contains(0)) {
        sourceValidation.reportStrictFilters(link.name(), routeProblems);
      }
    }
    addMissing(main, prefixesOf(present, Route.TABLE_MAIN), Route.TABLE_MAIN);
    for (Route route : present) {
      if (isObsolete(route, main, own)) {
        remove(route);
      }
    }
    policyRules.retain(family, mark, lengths);
  }

  private static Set<IpPrefix> prefixesOf(List<Route> rows, int table) {
    return rows.stream()
        .filter(row -> row.table() == table && row.type() == Route.TYPE_UNICAST)
        .map(InterfaceNetwork::prefix)
        .collect(Collectors.toSet());
  }

  private static IpPrefix prefix(Route route) {
    return new IpPrefix(route.destination(), route.prefixLength());
  }

  private boolean isObsolete(Route route, Set<IpPrefix> main, Set<IpPrefix> own) {
    if (route.protocol() == PolicyRules.PROTOCOL) {
      return !(route.table() == mark ? own : main).contains(prefix(route));
    }
    // The kernel's route to an address's network, if it would capture the underlay.
    return route.table() == Route.TABLE_MAIN
        && route.protocol() == Route.PROTOCOL_KERNEL
        && own.contains(prefix(route));
  }

  private void addMissing(Set<IpPrefix> wanted, Set<IpPrefix> present, int table) {
    Set<IpPrefix> missing = new LinkedHashSet<>(wanted);
    missing.removeAll(present);
    if (missing.isEmpty()) {
      return;
    }
    Set<IpPrefix> foreign = foreign(missing, table);
    for (IpPrefix prefix : missing) {
      if (foreign.contains(prefix)) {
        routeProblems.add("route " + prefix + " is somebody else's already and was left");
      } else {
        add(prefix, table);
      }
    }
  }

  /** Which of the prefixes have a route over another interface, whatever its metric. */
  private Set<IpPrefix> foreign(Set<IpPrefix> prefixes, int table) {
    Set<IpPrefix> foreign = new HashSet<>();
    IpFamily family = IpFamily.of(prefixes.iterator().next().address());
    for (Route route : routes.list(family, table, 0, 0, row -> prefixes.contains(prefix(row)))) {
      foreign.add(prefix(route));
    }
    return foreign;
  }

  private void add(IpPrefix prefix, int table) {
    try {
      routes.add(
          Route.to(prefix.address(), prefix.length())
              .table(table)
              .protocol(PolicyRules.PROTOCOL)
              .linkIndex(link.index())
              .build());
    } catch (LinuxException e) {
      routeProblems.add(e);
    }
  }

  private void remove(Route route) {
    try {
      routes.delete(route);
    } catch (LinuxException e) {
      if (e.errno() != Errno.ESRCH && e.errno() != Errno.ENODEV) {
        routeProblems.add(e);
      }
    }
  }

  private void removeOwnRoutes() {
    for (IpFamily family : IpFamily.values()) {
      routes.list(family, 0, PolicyRules.PROTOCOL, link.index()).forEach(this::remove);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the network of interface " + link.name() + " is closed");
    }
  }

  /**
   * Removes all that was set, whether the interface still exists or not; the interface stays up.
   * What could not be removed is among the {@link #problems}. Idempotent.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    addressProblems.clear();
    routeProblems.clear();
    attempt(() -> policyRules.retain(IpFamily.IPV4, mark, Set.of()));
    attempt(() -> policyRules.retain(IpFamily.IPV6, mark, Set.of()));
    attempt(this::removeOwnRoutes);
    List.copyOf(ownAddresses).forEach(this::removeAddress);
    socket.close();
  }

  private void attempt(Runnable step) {
    try {
      step.run();
    } catch (LinuxException e) {
      routeProblems.add(e);
    }
  }
}
