// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.route;

import static dev.weft.dataplane.userspace.route.Lab.addresses;
import static dev.weft.dataplane.userspace.route.Lab.ip;
import static dev.weft.dataplane.userspace.route.Lab.ips;
import static dev.weft.dataplane.userspace.route.Lab.prefixes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.rtnetlink.IpFamily;
import dev.weft.linux.rtnetlink.LinkAddress;
import dev.weft.linux.rtnetlink.Route;
import dev.weft.linux.rtnetlink.Rule;
import dev.weft.transport.IpPrefix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Against the kernel, in network namespaces of its own. */
@EnabledOnOs(OS.LINUX)
class InterfaceNetworkTest {

  @Test
  void anInterfaceThatIsMissingIsRefused() throws Throwable {
    inLab(
        lab -> {
          LinuxException e =
              assertThrows(LinuxException.class, () -> InterfaceNetwork.open("wg9", 1420));

          assertEquals(Errno.ENODEV, e.errno());
        });
  }

  @Test
  void theMtuIsSetAndTheInterfaceSwitchedOn() throws Throwable {
    inLab(
        lab -> {
          try (InterfaceNetwork network = InterfaceNetwork.open("wg0", 1380)) {
            assertEquals(1380, lab.links.byName("wg0").orElseThrow().mtuOctets());
            assertFalse(lab.links.byName("wg0").orElseThrow().isUp());

            network.up();

            assertTrue(lab.links.byName("wg0").orElseThrow().isUp());
            assertEquals(lab.index("wg0"), network.linkIndex());
            assertEquals(lab.links.byName("wg0"), network.link());

            lab.kill("wg0");

            assertTrue(network.link().isEmpty());
          }
        });
  }

  @Test
  void addressesAreAddedAndRemovedWithoutTouchingOthers() throws Throwable {
    inOpenNetwork(
        (lab, network) -> {
          lab.addresses.add(new LinkAddress(lab.index("wg0"), ip("172.16.0.1"), 24, 0));

          network.setAddresses(addresses("10.9.0.1/24", "fd00:9::1/64"));
          assertEquals(
              List.of("10.9.0.1/24", "172.16.0.1/24", "fd00:9:0:0:0:0:0:1/64"),
              lab.addressesOf("wg0"));

          network.setAddresses(addresses("10.9.0.1/24", "10.9.1.1/24", "fd00:9::2/64"));
          assertEquals(
              List.of("10.9.0.1/24", "10.9.1.1/24", "172.16.0.1/24", "fd00:9:0:0:0:0:0:2/64"),
              lab.addressesOf("wg0"));

          network.close();
          assertEquals(List.of("172.16.0.1/24"), lab.addressesOf("wg0"));
          assertEquals(List.of(), network.problems());
        });
  }

  @Test
  void aSecondAddressOfANetworkSurvivesTheFirst() throws Throwable {
    inOpenNetwork(
        (lab, network) -> {
          network.setAddresses(addresses("10.9.0.1/24"));
          network.setAddresses(addresses("10.9.0.2/24", "10.9.0.3/24"));

          assertEquals(List.of("10.9.0.2/24", "10.9.0.3/24"), lab.addressesOf("wg0"));
          assertEquals(List.of(), network.problems());
        });
  }

  @Test
  void anAddressGetsAnotherPrefixLength() throws Throwable {
    inOpenNetwork(
        (lab, network) -> {
          network.setAddresses(addresses("10.9.0.1/24", "fd00:9::1/64"));
          network.setAddresses(addresses("10.9.0.1/16", "fd00:9::1/48"));

          assertEquals(List.of("10.9.0.1/16", "fd00:9:0:0:0:0:0:1/48"), lab.addressesOf("wg0"));
          assertEquals(List.of(), network.problems());
        });
  }

  @Test
  void anAddressThatIsThereAlreadyIsNotRemovedAtTheEnd() throws Throwable {
    inOpenNetwork(
        (lab, network) -> {
          lab.addresses.add(new LinkAddress(lab.index("wg0"), ip("10.9.0.1"), 24, 0));
          network.setAddresses(addresses("10.9.0.1/24"));
          network.close();

          assertEquals(List.of("10.9.0.1/24"), lab.addressesOf("wg0"));
        });
  }

  @Test
  void routesOfBothFamiliesFollowTheAllowedIps() throws Throwable {
    inOpenNetwork(
        (lab, network) -> {
          network.setAddresses(addresses("10.9.0.1/24"));
          network.setRoutes(prefixes("10.9.0.2/32", "10.20.0.0/16", "fd00:20::/48"), ips());

          assertEquals(
              List.of("10.20.0.0/16", "10.9.0.0/24", "fd00:20:0:0:0:0:0:0/48"),
              lab.routesOf("wg0"));
          assertEquals("wg0", lab.way("10.20.1.1", 0));
          assertEquals("wg0", lab.way("fd00:20::1", 0));
          assertEquals(List.of(), lab.weftRules());

          network.setRoutes(prefixes("10.30.0.0/16"), ips());

          assertEquals(List.of("10.30.0.0/16", "10.9.0.0/24"), lab.routesOf("wg0"));
          assertEquals("eth0", lab.way("10.20.1.1", 0));
          assertEquals(List.of(), network.problems());
        });
  }

  @Test
  void routesSetBeforeTheInterfaceIsUpArePutInThen() throws Throwable {
    inLab(
        lab -> {
          try (InterfaceNetwork network = InterfaceNetwork.open("wg0", 1420)) {
            network.setRoutes(prefixes("10.20.0.0/16"), ips());
            assertEquals("eth0", lab.way("10.20.1.1", 0));

            network.up();

            assertEquals("wg0", lab.way("10.20.1.1", 0));
            assertEquals(List.of(), network.problems());
          }
        });
  }

  @Test
  void aDefaultRouteTakesWhatHasNoMark() throws Throwable {
    inOpenNetwork(
        (lab, network) -> {
          network.setAddresses(addresses("10.9.0.1/32", "fd00:9::1/128"));
          network.setRoutes(prefixes("0.0.0.0/0", "::/0"), ips("203.0.113.5"));

          for (String far : List.of("203.0.113.5", "192.0.2.1", "2001:db8:f::1")) {
            assertEquals("wg0", lab.way(far, 0), far);
            assertEquals("wg0", lab.way(far, 1), far);
            assertEquals("eth0", lab.way(far, network.mark()), far);
          }
          // The rest of the main table still counts.
          assertEquals("eth0", lab.way("198.51.100.77", 0));
          assertEquals("eth0", lab.way("2001:db8:e::77", 0));
          assertEquals(
              List.of(
                  Rule.lookUp(IpFamily.IPV4, Route.TABLE_MAIN)
                      .priority(30_256)
                      .protocol(87)
                      .suppressPrefixLength(0)
                      .build(),
                  Rule.lookUp(IpFamily.IPV4, network.mark())
                      .priority(30_257)
                      .protocol(87)
                      .notMark(network.mark())
                      .build()),
              lab.rules.list(IpFamily.IPV4).stream().filter(r -> r.protocol() == 87).toList());
          assertEquals("0", Lab.sourceValidMark());
          assertEquals(List.of(), network.problems());

          network.setRoutes(prefixes("::/0"), ips());

          assertEquals("eth0", lab.way("192.0.2.1", 0));
          assertEquals("wg0", lab.way("2001:db8:f::1", 0));
          assertEquals("0", Lab.sourceValidMark());
        });
  }

  @Test
  void aPrefixThatHoldsAnEndpointDoesNotCaptureTheUnderlay() throws Throwable {
    inOpenNetwork(
        (lab, network) -> {
          network.setRoutes(prefixes("10.0.0.0/8", "2001:db8:8000::/33"), ips());
          assertEquals("wg0", lab.way("10.1.2.3", network.mark()));

          network.setRoutes(
              prefixes("10.0.0.0/8", "2001:db8:8000::/33"), ips("10.1.2.3", "2001:db8:8000::3"));

          for (String endpoint : List.of("10.1.2.3", "2001:db8:8000::3")) {
            assertEquals("wg0", lab.way(endpoint, 0), endpoint);
            assertEquals("eth0", lab.way(endpoint, network.mark()), endpoint);
          }
          assertEquals("eth0", lab.way("192.0.2.1", 0));

          network.setRoutes(prefixes("10.0.0.0/8"), ips("192.0.2.1"));

          assertEquals("wg0", lab.way("10.1.2.3", 0));
          assertEquals(List.of(), lab.weftRules());
          assertEquals(List.of("10.0.0.0/8"), lab.routesOf("wg0"));
          assertEquals(List.of(), network.problems());
        });
  }

  @Test
  void theLongestPrefixWinsOverBothTables() throws Throwable {
    inOpenNetwork(
        (lab, network) -> {
          foreign(lab, "10.0.0.0", 8);
          foreign(lab, "10.1.2.0", 26);

          network.setRoutes(
              prefixes("0.0.0.0/0", "10.1.0.0/16", "10.1.2.0/24", "10.1.3.0/24"),
              ips("10.1.2.200"));

          assertEquals("eth0", lab.way("10.2.0.1", 0)); // foreign /8 over our /0
          assertEquals("wg0", lab.way("10.1.9.1", 0)); // our /16 over foreign /8
          assertEquals("eth0", lab.way("10.1.2.1", 0)); // foreign /26 over our /24
          assertEquals("wg0", lab.way("10.1.2.200", 0)); // our /24 over our /16
          assertEquals("wg0", lab.way("10.1.3.1", 0)); // our /24 of the main table
          assertEquals("wg0", lab.way("192.0.2.1", 0)); // our /0 over the foreign /0
          for (String each : List.of("10.2.0.1", "10.1.9.1", "10.1.2.200", "192.0.2.1")) {
            assertEquals("eth0", lab.way(each, network.mark()), each);
          }
          assertEquals(List.of(), network.problems());
        });
  }

  @Test
  void aConnectedRouteThatHoldsAnEndpointIsMoved() throws Throwable {
    inOpenNetwork(
        (lab, network) -> {
          network.setAddresses(addresses("10.9.0.1/24", "fd00:9::1/64"));
          network.setRoutes(prefixes("10.9.0.2/32"), ips("10.9.0.99", "fd00:9::99"));

          for (String endpoint : List.of("10.9.0.99", "fd00:9::99")) {
            assertEquals("wg0", lab.way(endpoint, 0), endpoint);
            assertEquals("eth0", lab.way(endpoint, network.mark()), endpoint);
          }

          network.setRoutes(prefixes("10.9.0.2/32"), ips());

          assertEquals("wg0", lab.way("10.9.0.99", network.mark()));
          assertEquals("wg0", lab.way("fd00:9::99", network.mark()));
          assertEquals(List.of(), lab.weftRules());
          assertEquals(List.of(), network.problems());
        });
  }

  @Test
  void aRouteOfSomebodyElseSurvivesAndIsReported() throws Throwable {
    inOpenNetwork(
        (lab, network) -> {
          foreign(lab, "10.20.0.0", 16);
          lab.routes.add(Route.to(ip("fd00:20::"), 48).linkIndex(lab.underlay).metric(77).build());
          List<String> before = lab.everything();

          network.setRoutes(prefixes("10.20.0.0/16", "fd00:20::/48", "10.21.0.0/16"), ips());

          assertEquals("eth0", lab.way("10.20.0.1", 0));
          assertEquals("eth0", lab.way("fd00:20::1", 0));
          assertEquals("wg0", lab.way("10.21.0.1", 0));
          assertEquals(2, network.problems().size(), () -> "" + network.problems());
          assertTrue(network.problems().getFirst().contains("10.20.0.0/16"));

          network.setRoutes(List.of(), ips());

          assertEquals(List.of(), network.problems());
          assertEquals(before, lab.everything());
        });
  }

  @Test
  void nothingIsLeftAfterClosing() throws Throwable {
    inLab(
        lab -> {
          lab.links.setUp(lab.index("wg0"), true);
          List<String> before = lab.everything();

          InterfaceNetwork network = InterfaceNetwork.open("wg0", 1420);
          network.up();
          network.setAddresses(addresses("10.9.0.1/24", "fd00:9::1/64"));
          network.setRoutes(
              prefixes("0.0.0.0/0", "::/0", "10.0.0.0/8", "fd00:20::/48"), ips("10.9.0.5"));
          assertNotEquals(before, lab.everything());
          network.close();
          network.close();

          assertEquals(before, lab.everything());
          assertEquals(List.of(), network.problems());
          assertThrows(IllegalStateException.class, network::up);
        });
  }

  @Test
  void closingAfterTheInterfaceIsGoneLeavesNothing() throws Throwable {
    inLab(
        lab -> {
          List<Rule> before = lab.allRules();
          InterfaceNetwork network = InterfaceNetwork.open("wg0", 1420);
          network.up();
          network.setAddresses(addresses("10.9.0.1/24", "fd00:9::1/64"));
          network.setRoutes(prefixes("0.0.0.0/0", "::/0"), ips());

          lab.kill("wg0");
          network.close();

          assertEquals(before, lab.allRules());
          assertEquals("0", Lab.sourceValidMark());
          assertEquals(List.of(), network.problems());
        });
  }

  @Test
  void leftoversOfAKilledProcessGoAndThoseOfALivingOneStay() throws Throwable {
    inLab(
        lab -> {
          lab.tun("wg1");
          try (InterfaceNetwork living = InterfaceNetwork.open("wg1", 1420)) {
            living.up();
            living.setRoutes(prefixes("10.0.0.0/8", "::/0"), ips("10.1.2.3"));
            List<Rule> ofLiving = lab.weftRules();

            InterfaceNetwork killed = InterfaceNetwork.open("wg0", 1420);
            killed.up();
            killed.setRoutes(prefixes("0.0.0.0/0", "::/0", "172.16.0.0/12"), ips("172.16.5.5"));
            assertNotEquals(killed.mark(), living.mark());
            lab.kill("wg0");
            // One of IPv6 is shared: "main" before both default routes.
            assertEquals(ofLiving.size() + 5, lab.weftRules().size());

            lab.tun("wg0");
            try (InterfaceNetwork next = InterfaceNetwork.open("wg0", 1420)) {
              assertEquals(ofLiving, lab.weftRules());
              assertEquals(killed.mark(), next.mark());
              next.up();
              next.setRoutes(prefixes("0.0.0.0/0"), ips());
              assertEquals("wg0", lab.way("192.0.2.1", 0));
              assertEquals("wg1", lab.way("10.1.2.3", 0));
            }

            assertEquals(ofLiving, lab.weftRules());
            assertEquals("wg1", lab.way("10.1.2.3", 0));
            assertEquals("wg1", lab.way("2001:db8:f::1", 0));
            assertEquals("eth0", lab.way("10.1.2.3", living.mark()));
          }
          assertEquals(List.of(), lab.weftRules());
        });
  }

  @Test
  void whatAKilledProcessLeftOnAnInterfaceThatPersistsGoes() throws Throwable {
    inLab(
        lab -> {
          List<String> before = lab.everything();
          InterfaceNetwork killed = InterfaceNetwork.open("wg0", 1420);
          killed.up();
          killed.setRoutes(prefixes("0.0.0.0/0", "10.20.0.0/16", "fd00:20::/48"), ips());

          try (InterfaceNetwork next = InterfaceNetwork.open("wg0", 1420)) {
            assertEquals(List.of(), lab.weftRules());
            assertEquals(List.of(), lab.routesOf("wg0"));
            assertEquals(killed.mark(), next.mark());
          }
          killed.close();
          assertEquals(before, lab.everything());
        });
  }

  @Test
  void aMarkThatSomebodyUsesIsNotTaken() throws Throwable {
    inLab(
        lab -> {
          int usual;
          try (InterfaceNetwork network = InterfaceNetwork.open("wg0", 1420)) {
            usual = network.mark();
          }
          assertEquals(0x57450000, usual & 0xffffc000);
          Rule foreign = Rule.lookUp(IpFamily.IPV6, 42).priority(5).mark(usual).build();
          lab.rules.add(foreign);
          lab.routes.add(
              Route.to(ip("192.0.2.0"), 24).table(usual + 1).linkIndex(lab.underlay).build());

          try (InterfaceNetwork network = InterfaceNetwork.open("wg0", 1420)) {
            assertEquals(usual + 2, network.mark());
          }
          assertTrue(lab.allRules().contains(foreign));
        });
  }

  @Test
  void whatSomebodyRemovedIsPutBackWhenSetAgain() throws Throwable {
    inOpenNetwork(
        (lab, network) -> {
          network.setAddresses(addresses("10.9.0.1/24"));
          network.setRoutes(prefixes("0.0.0.0/0", "10.20.0.0/16"), ips());
          lab.weftRules().forEach(lab.rules::delete);
          lab.links.setUp(lab.index("wg0"), false);
          lab.links.setUp(lab.index("wg0"), true);
          assertEquals("eth0", lab.way("10.20.0.1", 0));

          network.setRoutes(prefixes("0.0.0.0/0", "10.20.0.0/16"), ips());

          assertEquals("wg0", lab.way("10.20.0.1", 0));
          assertEquals("wg0", lab.way("192.0.2.1", 0));
        });
  }

  @Test
  void aThousandRoutesAreSetAndChangedQuickly() throws Throwable {
    inOpenNetwork(
        (lab, network) -> {
          List<IpPrefix> first = new ArrayList<>();
          List<IpPrefix> second = new ArrayList<>();
          for (int i = 0; i < 500; i++) {
            first.add(IpPrefix.parse("10." + (i >> 8) + "." + (i & 255) + ".0/24"));
            first.add(IpPrefix.parse("fd00:" + Integer.toHexString(i + 1) + "::/48"));
            second.add(IpPrefix.parse("10." + ((i + 1) >> 8) + "." + ((i + 1) & 255) + ".0/24"));
          }

          assertTimeout(
              Duration.ofSeconds(10),
              () -> {
                network.setRoutes(first, ips());
                network.setRoutes(second, ips());
              });

          assertEquals(
              second.stream().map(IpPrefix::toString).sorted().toList(), lab.routesOf("wg0"));
          assertEquals(List.of(), network.problems());
        });
  }

  @FunctionalInterface
  private interface LabBody {
    void run(Lab lab) throws Exception;
  }

  @FunctionalInterface
  private interface NetworkBody {
    void run(Lab lab, InterfaceNetwork network) throws Exception;
  }

  private static void foreign(Lab lab, String destination, int prefixLength) {
    lab.routes.add(Route.to(ip(destination), prefixLength).linkIndex(lab.underlay).build());
  }

  private static void inLab(LabBody body) throws Throwable {
    TestNamespace.run(
        () -> {
          try (Lab lab = new Lab()) {
            lab.tun("wg0");
            body.run(lab);
          }
        });
  }

  private static void inOpenNetwork(NetworkBody body) throws Throwable {
    inLab(
        lab -> {
          try (InterfaceNetwork network = InterfaceNetwork.open("wg0", 1420)) {
            network.up();
            body.run(lab, network);
          }
        });
  }
}
