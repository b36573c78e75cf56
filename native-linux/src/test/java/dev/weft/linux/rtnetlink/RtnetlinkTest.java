// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.rtnetlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.netlink.NetlinkException;
import dev.weft.linux.netlink.NetlinkSocket;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Against the kernel, in network namespaces of its own. */
@EnabledOnOs(OS.LINUX)
class RtnetlinkTest {

  private static final int PROTOCOL = 99;
  private static final int TABLE = 123_456_789;

  @Test
  void aLinkIsFoundByNameAndIndexAndSwitched() throws Throwable {
    inNamespace(
        (socket, index) -> {
          Links links = new Links(socket);

          assertEquals("wa", links.byIndex(index).orElseThrow().name());
          assertEquals(index, links.byName("wa").orElseThrow().index());
          assertEquals(
              List.of("lo", "wa", "wb"), links.list().stream().map(Link::name).sorted().toList());
          assertTrue(links.byName("wa").orElseThrow().isUp());
          assertTrue(links.byName("wa").orElseThrow().isRunning());

          links.setUp(index, false);
          links.setMtu(index, 1380);

          assertFalse(links.byIndex(index).orElseThrow().isUp());
          assertEquals(1380, links.byIndex(index).orElseThrow().mtuOctets());

          links.delete(index);

          assertEquals(Optional.empty(), links.byIndex(index));
          assertEquals(Optional.empty(), links.byName("wa"));
          assertEquals(Optional.empty(), links.byName("a-name-that-is-too-long"));
          assertEquals(List.of("lo"), links.list().stream().map(Link::name).toList());
        });
  }

  @Test
  void anMtuThatIsTooSmallIsRefusedInTheKernelsWords() throws Throwable {
    inNamespace(
        (socket, index) -> {
          NetlinkException e =
              assertThrows(NetlinkException.class, () -> new Links(socket).setMtu(index, 1));

          assertEquals(Errno.EINVAL, e.errno());
          assertTrue(e.kernelText().toLowerCase(Locale.ROOT).contains("mtu"), e.getMessage());
        });
  }

  @Test
  void addressesOfBothFamiliesComeAndGo() throws Throwable {
    inNamespace(
        (socket, index) -> {
          Addresses addresses = new Addresses(socket);
          LinkAddress four = new LinkAddress(index, ip("10.9.0.1"), 24, 0);
          LinkAddress six = new LinkAddress(index, ip("fd00:9::1"), 64, LinkAddress.NO_DAD);

          addresses.add(four);
          addresses.add(six);

          assertEquals(List.of("10.9.0.1/24", "fd00:9:0:0:0:0:0:1/64"), listed(addresses, index));
          NetlinkException e = assertThrows(NetlinkException.class, () -> addresses.add(four));
          assertEquals(Errno.EEXIST, e.errno());
          addresses.replace(four);
          addresses.replace(six);
          assertEquals(2, listed(addresses, index).size());

          addresses.delete(four);
          addresses.delete(six);

          assertEquals(List.of(), listed(addresses, index));
          assertEquals(
              Errno.EADDRNOTAVAIL,
              assertThrows(NetlinkException.class, () -> addresses.delete(four)).errno());
          assertEquals(List.of(), addresses.list(index + 1000));
        });
  }

  @Test
  void routesAreListedByTableProtocolAndLink() throws Throwable {
    inNamespace(
        (socket, index) -> {
          Routes routes = new Routes(socket);
          for (String destination : List.of("10.8.0.0", "fd00:8::")) {
            InetAddress address = ip(destination);
            IpFamily family = IpFamily.of(address);
            Route main =
                Route.to(address, 32).protocol(PROTOCOL).linkIndex(index).metric(5).build();
            Route other =
                Route.to(address, 32)
                    .protocol(PROTOCOL)
                    .linkIndex(index)
                    .metric(5)
                    .table(TABLE)
                    .build();
            routes.add(main);
            routes.add(other);

            assertEquals(List.of(main), routes.list(family, Route.TABLE_MAIN, PROTOCOL, 0));
            assertEquals(List.of(other), routes.list(family, TABLE, 0, 0));
            assertEquals(2, routes.list(family, 0, PROTOCOL, 0).size());
            assertEquals(2, routes.list(family, 0, PROTOCOL, index).size());
            assertEquals(List.of(), routes.list(family, 0, PROTOCOL, 1));
            assertEquals(List.of(), routes.list(family, 0, PROTOCOL + 1, 0));
            assertEquals(List.of(), routes.list(family, TABLE + 1, 0, 0));
            assertEquals(
                Errno.EEXIST, assertThrows(NetlinkException.class, () -> routes.add(main)).errno());
            routes.replace(main);

            routes.delete(other);

            assertEquals(List.of(main), routes.list(family, 0, PROTOCOL, 0));
            assertEquals(
                Errno.ESRCH,
                assertThrows(NetlinkException.class, () -> routes.delete(other)).errno());
          }
        });
  }

  @Test
  void aRouteHasItsGatewayAndItsSource() throws Throwable {
    inNamespace(
        (socket, index) -> {
          new Addresses(socket).add(new LinkAddress(index, ip("10.9.0.1"), 24, 0));
          Routes routes = new Routes(socket);
          Route route =
              Route.to(ip("10.7.0.0"), 16)
                  .linkIndex(index)
                  .gateway(ip("10.9.0.254"))
                  .source(ip("10.9.0.1"))
                  .build();

          routes.add(route);

          assertTrue(routes.list(IpFamily.IPV4, Route.TABLE_MAIN, 0, index).contains(route));
          Route found = routes.lookup(ip("10.7.1.1"), 0).orElseThrow();
          assertEquals(Optional.of(ip("10.9.0.254")), found.gateway());
          assertEquals(Route.TABLE_MAIN, found.table());
          assertEquals(Optional.empty(), routes.lookup(ip("192.0.2.1"), 0));
          assertEquals(Optional.empty(), routes.lookup(ip("2001:db8::1"), 0));
        });
  }

  @Test
  void aListOfManyRoutesIsComplete() throws Throwable {
    inNamespace(
        (socket, index) -> {
          Routes routes = new Routes(socket);
          for (int i = 0; i < 2000; i++) {
            routes.add(
                Route.to(ip("10." + (i >> 8) + "." + (i & 255) + ".0"), 24)
                    .protocol(PROTOCOL)
                    .linkIndex(index)
                    .build());
          }

          List<Route> listed = routes.list(IpFamily.IPV4, 0, PROTOCOL, index);

          assertEquals(2000, listed.stream().map(Route::destination).distinct().count());
        });
  }

  @Test
  void rulesAreListedAsTheyWereAdded() throws Throwable {
    inNamespace(
        (socket, _) -> {
          Rules rules = new Rules(socket);
          for (IpFamily family : IpFamily.values()) {
            List<Rule> before = rules.list(family);
            Rule main =
                Rule.lookUp(family, Route.TABLE_MAIN)
                    .priority(1000)
                    .protocol(PROTOCOL)
                    .suppressPrefixLength(0)
                    .build();
            Rule not =
                Rule.lookUp(family, TABLE)
                    .priority(1001)
                    .protocol(PROTOCOL)
                    .notMark(0x57450001)
                    .build();
            Rule only =
                Rule.lookUp(family, TABLE).priority(1002).protocol(PROTOCOL).mark(7).build();
            for (Rule rule : List.of(main, not, only)) {
              rules.add(rule);
              assertEquals(
                  Errno.EEXIST,
                  assertThrows(NetlinkException.class, () -> rules.add(rule)).errno());
            }

            assertEquals(
                List.of(main, not, only),
                rules.list(family).stream().filter(r -> r.protocol() == PROTOCOL).toList());

            rules.delete(not);
            rules.delete(only);
            rules.delete(main);

            assertEquals(before, rules.list(family));
            assertEquals(
                Errno.ENOENT,
                assertThrows(NetlinkException.class, () -> rules.delete(main)).errno());
          }
        });
  }

  @FunctionalInterface
  private interface Body {
    void run(NetlinkSocket socket, int index) throws Exception;
  }

  /** Runs it where there are {@code lo} and a pair of interfaces, of which it gets the first. */
  private static void inNamespace(Body body) throws Throwable {
    TestNamespace.run(
        () -> {
          try (NetlinkSocket socket = NetlinkSocket.open(NetlinkSocket.ROUTE)) {
            int index = TestNamespace.addPair(socket, "wa", "wb");
            new Links(socket).setUp(index, true);
            body.run(socket, index);
          }
        });
  }

  /** The addresses but those that IPv6 makes itself. */
  private static List<String> listed(Addresses addresses, int index) {
    return addresses.list(index).stream()
        .filter(address -> !address.address().isLinkLocalAddress())
        .map(LinkAddress::toString)
        .toList();
  }

  private static InetAddress ip(String text) {
    return InetAddress.ofLiteral(text);
  }
}
