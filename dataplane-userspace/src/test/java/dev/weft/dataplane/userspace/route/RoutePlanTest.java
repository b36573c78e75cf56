// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.route;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RoutePlanTest {

  @Test
  void defaultRoutesGoIntoTheOwnTableAndOthersIntoMain() {
    assertPlan(
        plan(List.of("0.0.0.0/0", "::/0", "10.1.0.0/16", "fd00:1::/48"), List.of(), List.of()),
        List.of("10.1.0.0/16", "fd00:1::/48"),
        List.of("0.0.0.0/0", "::/0"));
  }

  @Test
  void aPrefixThatHoldsAnEndpointGoesIntoTheOwnTable() {
    assertPlan(
        plan(
            List.of("10.0.0.0/8", "10.1.2.0/24", "10.1.3.0/24", "2001:db8::/32", "2001:db9::/32"),
            List.of(),
            List.of("10.1.2.3", "2001:db8::7")),
        List.of("10.1.3.0/24", "2001:db9::/32"),
        List.of("10.0.0.0/8", "10.1.2.0/24", "2001:db8::/32"));
  }

  @Test
  void whatAnAddressesNetworkReachesNeedsNoRoute() {
    assertPlan(
        plan(
            List.of("10.5.0.7/32", "10.5.0.0/24", "10.0.0.0/8", "10.6.0.1/32"),
            List.of("10.5.0.1/24", "10.6.0.1/32"),
            List.of()),
        List.of("10.5.0.0/24", "10.0.0.0/8", "10.6.0.1/32"),
        List.of());
  }

  @Test
  void anAddressesNetworkThatHoldsAnEndpointIsMovedWithWhatItWouldHaveReached() {
    assertPlan(
        plan(List.of("10.5.0.7/32", "10.5.0.99/32"), List.of("10.5.0.1/24"), List.of("10.5.0.99")),
        List.of("10.5.0.7/32"),
        List.of("10.5.0.0/24", "10.5.0.99/32"));
  }

  @Test
  void noPrefixOfMainHoldsAnEndpoint() {
    List<String> prefixes =
        Stream.iterate(0, length -> length <= 32, length -> length + 1)
            .map(length -> "10.1.2.3/" + length)
            .toList();

    RoutePlan plan = plan(prefixes, List.of(), List.of("10.1.128.3"));

    InetAddress endpoint = InetAddress.ofLiteral("10.1.128.3");
    assertEquals(List.of(), plan.main().stream().filter(p -> p.contains(endpoint)).toList());
    assertEquals(17, plan.own().size());
    assertEquals(16, plan.main().size());
  }

  private static void assertPlan(RoutePlan plan, List<String> main, List<String> own) {
    assertEquals(prefixes(main), plan.main());
    assertEquals(prefixes(own), plan.own());
  }

  private static Set<IpPrefix> prefixes(List<String> texts) {
    return texts.stream().map(IpPrefix::parse).collect(Collectors.toSet());
  }

  private static RoutePlan plan(
      List<String> allowedIps, List<String> addresses, List<String> endpoints) {
    return RoutePlan.of(
        allowedIps.stream().map(IpPrefix::parse).toList(),
        addresses.stream().map(InterfaceAddress::parse).toList(),
        endpoints.stream().map(InetAddress::ofLiteral).toList());
  }
}
