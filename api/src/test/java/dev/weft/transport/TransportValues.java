// SPDX-License-Identifier: Apache-2.0

package dev.weft.transport;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.arbitraries.StringArbitrary;

/** Generators of the values of this package, and of text that is nearly one. */
@SuppressWarnings("exports") // Tests are no part of the module.
public final class TransportValues {

  private TransportValues() {}

  /** IPv4 addresses. */
  public static Arbitrary<InetAddress> ipv4() {
    return octets(4).map(TransportValues::address);
  }

  /** IPv6 addresses, also the IPv4-mapped ones that Java's own parser never makes. */
  public static Arbitrary<InetAddress> ipv6() {
    return octets(16).map(TransportValues::address);
  }

  /** Addresses of both families. */
  public static Arbitrary<InetAddress> addresses() {
    return Arbitraries.oneOf(ipv4(), ipv6());
  }

  /** Blocks of both families. */
  public static Arbitrary<IpPrefix> prefixes() {
    return addresses()
        .flatMap(
            address ->
                Arbitraries.integers()
                    .between(0, address.getAddress().length * 8)
                    .map(length -> new IpPrefix(address, length)));
  }

  /** Addresses with the prefix lengths of their networks. */
  public static Arbitrary<InterfaceAddress> interfaceAddresses() {
    return addresses()
        .flatMap(
            address ->
                Arbitraries.integers()
                    .between(0, address.getAddress().length * 8)
                    .map(length -> new InterfaceAddress(address, length)));
  }

  /** Numeric endpoints with a port. */
  public static Arbitrary<Endpoint> endpoints() {
    return Combinators.combine(addresses(), Arbitraries.integers().between(1, 65535))
        .as(Endpoint::new);
  }

  /** Names and numeric hosts with a port. */
  public static Arbitrary<EndpointName> endpointNames() {
    StringArbitrary names =
        Arbitraries.strings().withCharRange('a', 'z').withChars("-.09é").ofMinLength(1);
    return Combinators.combine(
            Arbitraries.oneOf(names.ofMaxLength(255), addresses().map(InetAddress::getHostAddress)),
            Arbitraries.integers().between(1, 65535))
        .as(EndpointName::new);
  }

  /** Anything, and valid text with a few characters changed, lost or added. */
  public static Arbitrary<String> hostileTexts() {
    Arbitrary<String> valid =
        Arbitraries.oneOf(
            prefixes().map(IpPrefix::toString),
            endpoints().map(Endpoint::toString),
            endpointNames().map(EndpointName::toString),
            Arbitraries.of(
                "",
                "/",
                ":",
                "[",
                "]",
                "[]",
                "[]:1",
                "[::1",
                "::1]",
                "10/8",
                "1.2.3",
                "0x7f.1",
                "010.0.0.1",
                "1.2.3.4.",
                "1.2.3.4:",
                "::/129",
                "::1%",
                "fe80::1%nowhere",
                "fe80::1%99999999999",
                "[::1]]:1",
                "[::1]1",
                "::ffff:1.2.3.4/96",
                "1.2.3.4/-1",
                "1.2.3.4/٣",
                "1.2.3.4/33",
                "1.2.3.4/999",
                "h:65536",
                "h:99999",
                "h:0",
                "\0",
                "%"));
    Arbitrary<String> mutated =
        Combinators.combine(valid, Arbitraries.integers().between(0, 4), Arbitraries.longs())
            .as((text, changes, seed) -> mutate(text, changes, new Random(seed)));
    return Arbitraries.oneOf(mutated, Arbitraries.strings().ofMaxLength(300));
  }

  /** The address of these octets, and of no other family. */
  public static InetAddress address(byte[] octets) {
    try {
      return octets.length == 16
          ? Inet6Address.getByAddress(null, octets, -1)
          : InetAddress.getByAddress(octets);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  private static Arbitrary<byte[]> octets(int length) {
    // Few different octets, so that addresses share prefixes.
    return Arbitraries.of((byte) 0, (byte) 0xff, (byte) 0xfd, (byte) 1, (byte) 0x80, (byte) 0x0a)
        .array(byte[].class)
        .ofSize(length);
  }

  private static String mutate(String text, int changes, Random random) {
    String alphabet = "0123456789abcdef:./[]%- \t\n\0éx";
    StringBuilder mutated = new StringBuilder(text);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(mutated.length() + 1);
      char c = alphabet.charAt(random.nextInt(alphabet.length()));
      switch (random.nextInt(3)) {
        case 0 -> mutated.insert(at, c);
        case 1 -> mutated.delete(Math.max(0, at - 1), at);
        default -> mutated.replace(Math.max(0, at - 1), at, String.valueOf(c));
      }
    }
    return mutated.toString();
  }
}
