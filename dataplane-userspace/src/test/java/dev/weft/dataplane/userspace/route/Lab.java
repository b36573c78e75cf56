// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.route;

import dev.weft.linux.libc.FileDescriptor;
import dev.weft.linux.netlink.NetlinkSocket;
import dev.weft.linux.rtnetlink.Addresses;
import dev.weft.linux.rtnetlink.IpFamily;
import dev.weft.linux.rtnetlink.LinkAddress;
import dev.weft.linux.rtnetlink.Links;
import dev.weft.linux.rtnetlink.Route;
import dev.weft.linux.rtnetlink.Routes;
import dev.weft.linux.rtnetlink.Rule;
import dev.weft.linux.rtnetlink.Rules;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A namespace with an underlay {@code eth0} (198.51.100.2/24 and 2001:db8:e::2/64, default routes
 * through it) and TUN interfaces. Belongs to the thread in the namespace.
 */
final class Lab implements AutoCloseable {

  static final Path SRC_VALID_MARK = Path.of("/proc/sys/net/ipv4/conf/all/src_valid_mark");

  private final NetlinkSocket socket = NetlinkSocket.open(NetlinkSocket.ROUTE);
  private final Map<String, FileDescriptor> tuns = new HashMap<>();
  final Links links = new Links(socket);
  final Addresses addresses = new Addresses(socket);
  final Routes routes = new Routes(socket);
  final Rules rules = new Rules(socket);
  final int underlay;

  Lab() {
    underlay = TestNamespace.addUnderlay(socket, "eth0");
    addresses.add(new LinkAddress(underlay, ip("198.51.100.2"), 24, 0));
    addresses.add(new LinkAddress(underlay, ip("2001:db8:e::2"), 64, LinkAddress.NO_DAD));
    for (String gateway : List.of("198.51.100.1", "2001:db8:e::1")) {
      InetAddress address = ip(gateway);
      routes.add(
          Route.to(IpFamily.of(address).zero(), 0).linkIndex(underlay).gateway(address).build());
    }
  }

  void tun(String name) {
    tuns.put(name, TestNamespace.openTun(name));
  }

  /** What happens to the interface of a process that is killed. */
  void kill(String name) {
    Objects.requireNonNull(tuns.remove(name)).close();
  }

  int index(String name) {
    return links.byName(name).orElseThrow().index();
  }

  /** The interface that a packet takes; "-" if none. */
  String way(String destination, int mark) {
    return routes
        .lookup(ip(destination), mark)
        .flatMap(route -> links.byIndex(route.linkIndex()))
        .map(link -> link.name())
        .orElse("-");
  }

  /** The routes of Weft and of the kernel over an interface, but those IPv6 makes itself. */
  List<String> routesOf(String name) {
    return allRoutes().stream()
        .filter(route -> route.linkIndex() == index(name))
        .map(route -> new IpPrefix(route.destination(), route.prefixLength()).toString())
        .sorted()
        .toList();
  }

  /** The addresses of an interface, but those that IPv6 makes itself. */
  List<String> addressesOf(String name) {
    return addresses.list(index(name)).stream()
        .filter(address -> !address.address().isLinkLocalAddress())
        .map(LinkAddress::toString)
        .sorted()
        .toList();
  }

  List<Rule> allRules() {
    return Stream.of(IpFamily.values()).flatMap(family -> rules.list(family).stream()).toList();
  }

  List<Rule> weftRules() {
    return allRules().stream().filter(rule -> rule.protocol() == PolicyRules.PROTOCOL).toList();
  }

  /** Everything that can be compared before and after. */
  List<String> everything() {
    TreeSet<String> all = new TreeSet<>();
    allRules().forEach(rule -> all.add("rule " + rule));
    allRoutes().forEach(route -> all.add("route " + route));
    links
        .list()
        .forEach(
            link -> addressesOf(link.name()).forEach(each -> all.add(link.name() + " " + each)));
    all.add("src_valid_mark " + sourceValidMark());
    return new ArrayList<>(all);
  }

  static String sourceValidMark() {
    try {
      return Files.readString(SRC_VALID_MARK).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<Route> allRoutes() {
    return Stream.of(IpFamily.values())
        .flatMap(family -> routes.list(family, 0, 0, 0).stream())
        .filter(route -> route.table() != Route.TABLE_LOCAL)
        .filter(route -> !route.destination().isLinkLocalAddress())
        .filter(route -> !route.destination().isMulticastAddress())
        .toList();
  }

  static InetAddress ip(String text) {
    return InetAddress.ofLiteral(text);
  }

  static Collection<InetAddress> ips(String... texts) {
    return Stream.of(texts).map(InetAddress::ofLiteral).toList();
  }

  static Collection<IpPrefix> prefixes(String... texts) {
    return Stream.of(texts).map(IpPrefix::parse).toList();
  }

  static Collection<InterfaceAddress> addresses(String... texts) {
    return Stream.of(texts).map(InterfaceAddress::parse).toList();
  }

  @Override
  public void close() {
    tuns.values().forEach(FileDescriptor::close);
    socket.close();
  }
}
