// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import dev.weft.testkit.NatBehavior;
import dev.weft.testkit.NatKind;
import dev.weft.testkit.SimHost;
import dev.weft.testkit.SimNat;
import dev.weft.testkit.SimNetwork;
import java.util.Locale;

/** How a host of the NAT grid is connected to the internet, at a site of its own. */
enum NatSituation {
  NONE("none", "public IPv4 address, no NAT, no firewall"),
  FULL_CONE("full", "full cone: mapping and filter are endpoint-independent"),
  ADDRESS_RESTRICTED("addr", "address-restricted: the filter is address-dependent"),
  PORT_RESTRICTED("port", "port-restricted: the filter is address-and-port-dependent"),
  MASQUERADE(
      "masq",
      "mapping and filter are address-and-port-dependent, but the port number is kept, as by"
          + " Linux's masquerading"),
  SYMMETRIC("sym", "symmetric: as `masq`, with a random port for each destination"),
  CARRIER(
      "cgn",
      "CGNAT: a port-restricted NAT at home behind an address-restricted carrier NAT (RFC 6888)"),
  SYMMETRIC_CARRIER(
      "cgn-sym", "CGNAT: a port-restricted NAT at home behind a symmetric carrier NAT"),
  DUAL_STACK("v6", "IPv6 without NAT, and IPv4 behind a symmetric NAT");

  private final String label;
  private final String meaning;

  NatSituation(String label, String meaning) {
    this.label = label;
    this.meaning = meaning;
  }

  /** The head of its row and column. */
  String label() {
    return label;
  }

  String meaning() {
    return meaning;
  }

  boolean hasIpv6() {
    return this == DUAL_STACK;
  }

  /** Adds a host in this situation; each site has a number of its own, from 1. */
  SimHost place(SimNetwork network, String name, int site) {
    return switch (this) {
      case NONE -> network.host(name, "198.51.100." + site);
      case FULL_CONE, ADDRESS_RESTRICTED, PORT_RESTRICTED, SYMMETRIC ->
          nat(network, name, NatKind.valueOf(name()), site).host(name, "192.168.1.2");
      case MASQUERADE ->
          nat(network, name, NatKind.SYMMETRIC, site)
              .portOverloading(true)
              .host(name, "192.168.1.2");
      case CARRIER -> home(nat(network, name, NatKind.ADDRESS_RESTRICTED, site), name);
      case SYMMETRIC_CARRIER -> home(nat(network, name, NatKind.SYMMETRIC, site), name);
      case DUAL_STACK ->
          nat(network, name, NatKind.SYMMETRIC, site)
              .host(name, "192.168.1.2", "2001:db8:" + site + "::2");
    };
  }

  private static SimNat nat(SimNetwork network, String name, NatKind kind, int site) {
    return network.nat(name + "'s NAT", kind, "203.0.113." + site);
  }

  /** Every home has the same private addresses, as homes do. */
  static SimHost home(SimNat carrier, String name) {
    return home(carrier, name, "100.64.0.2");
  }

  static SimHost home(SimNat carrier, String name, String address) {
    return carrier
        .nat(name + "'s home", NatKind.PORT_RESTRICTED, address)
        .host(name, "192.168.1.2");
  }

  /** Whether a peer finds the port that the public node sees. */
  boolean isPortKnown() {
    return switch (this) {
      case NONE, FULL_CONE, ADDRESS_RESTRICTED, PORT_RESTRICTED, MASQUERADE, CARRIER -> true;
      case SYMMETRIC, SYMMETRIC_CARRIER, DUAL_STACK -> false;
    };
  }

  /** What the strictest filter on the way in depends on. */
  NatBehavior filtering() {
    return switch (this) {
      case NONE, FULL_CONE -> NatBehavior.ENDPOINT_INDEPENDENT;
      case ADDRESS_RESTRICTED -> NatBehavior.ADDRESS_DEPENDENT;
      case PORT_RESTRICTED, MASQUERADE, SYMMETRIC, CARRIER, SYMMETRIC_CARRIER, DUAL_STACK ->
          NatBehavior.ADDRESS_AND_PORT_DEPENDENT;
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
