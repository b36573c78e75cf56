// SPDX-License-Identifier: Apache-2.0

package dev.weft.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Optional;
import java.util.function.Function;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class TransportProperties {

  @Provide
  Arbitrary<InetAddress> addresses() {
    return TransportValues.addresses();
  }

  @Provide
  Arbitrary<IpPrefix> prefixes() {
    return TransportValues.prefixes();
  }

  @Provide
  Arbitrary<InterfaceAddress> interfaceAddresses() {
    return TransportValues.interfaceAddresses();
  }

  @Provide
  Arbitrary<Endpoint> endpoints() {
    return TransportValues.endpoints();
  }

  @Provide
  Arbitrary<EndpointName> endpointNames() {
    return TransportValues.endpointNames();
  }

  @Provide
  Arbitrary<String> hostileTexts() {
    return TransportValues.hostileTexts();
  }

  /** The first so many bits of an address, and its family: what a block is in the specification. */
  private record Bits(int family, BigInteger bits) {
    static Bits of(InetAddress address, int length) {
      byte[] octets = address.getAddress();
      BigInteger number = new BigInteger(1, octets);
      return new Bits(octets.length, number.shiftRight(octets.length * 8 - length));
    }
  }

  @Property
  void aBlockHoldsTheAddressesThatShareItsBits(
      @ForAll("prefixes") IpPrefix prefix, @ForAll("addresses") InetAddress address) {
    Bits own = Bits.of(prefix.address(), prefix.length());
    boolean expected =
        prefix.address().getAddress().length == address.getAddress().length
            && own.equals(Bits.of(address, prefix.length()));

    assertEquals(expected, prefix.contains(address));
  }

  @Property
  void aBlockHoldsEveryAddressThatDiffersBehindItsLengthOnly(
      @ForAll("prefixes") IpPrefix prefix, @ForAll int bit) {
    byte[] octets = prefix.address().getAddress();
    int flipped = Math.floorMod(bit, octets.length * 8);
    octets[flipped / 8] ^= (byte) (0x80 >> flipped % 8);

    assertEquals(
        flipped >= prefix.length(),
        prefix.contains(TransportValues.address(octets)),
        () -> prefix + " " + flipped);
  }

  @Property
  void theHostBitsOfABlockAreZero(@ForAll("interfaceAddresses") InterfaceAddress own) {
    IpPrefix prefix = new IpPrefix(own.address(), own.prefixLength());
    int hostBits = prefix.address().getAddress().length * 8 - prefix.length();
    BigInteger number = new BigInteger(1, prefix.address().getAddress());

    assertEquals(
        Bits.of(own.address(), own.prefixLength()), Bits.of(prefix.address(), prefix.length()));
    assertEquals(number, number.shiftRight(hostBits).shiftLeft(hostBits));
    assertTrue(prefix.contains(own.address()));
    assertEquals(own.address() instanceof Inet6Address, prefix.isIpv6());
    assertEquals(prefix, new IpPrefix(prefix.address(), prefix.length()));
  }

  @Property
  void blocksOverlapIfOneHoldsTheOther(
      @ForAll("prefixes") IpPrefix left, @ForAll("prefixes") IpPrefix right) {
    int shared = Math.min(left.length(), right.length());
    boolean expected =
        left.isIpv6() == right.isIpv6()
            && Bits.of(left.address(), shared).equals(Bits.of(right.address(), shared));

    assertEquals(expected, left.overlaps(right));
    assertEquals(expected, right.overlaps(left));
    assertTrue(left.overlaps(left));
  }

  @Property
  void aHostsBlockHoldsThatAddressAlone(
      @ForAll("addresses") InetAddress one, @ForAll("addresses") InetAddress other) {
    assertTrue(IpPrefix.host(one).contains(one));
    assertEquals(one.equals(other), IpPrefix.host(one).contains(other));
    assertEquals(one, InterfaceAddress.host(one).address());
  }

  @Property
  void blocksAreReadAsTheyArePrinted(@ForAll("prefixes") IpPrefix prefix) {
    if (!isMapped(prefix.address())) {
      assertEquals(prefix, IpPrefix.parse(prefix.toString()));
    }
  }

  @Property
  void interfaceAddressesAreReadAsTheyArePrinted(
      @ForAll("interfaceAddresses") InterfaceAddress own) {
    if (!isMapped(own.address())) {
      assertEquals(own, InterfaceAddress.parse(own.toString()));
    }
  }

  @Property
  void endpointsAreReadAsTheyArePrinted(@ForAll("endpoints") Endpoint endpoint) {
    if (!isMapped(endpoint.address())) {
      assertEquals(endpoint, Endpoint.parse(endpoint.toString()));
      assertEquals(Optional.of(endpoint), EndpointName.of(endpoint).numeric());
    }
    assertEquals(endpoint, Endpoint.of(endpoint.toSocketAddress()));
  }

  @Property
  void namesAreReadAsTheyArePrinted(@ForAll("endpointNames") EndpointName name) {
    assertEquals(name, EndpointName.parse(name.toString(), -1));
    assertEquals(name, EndpointName.parse(name.toString(), 1));
  }

  @Property(tries = 5000)
  void anyTextIsReadOrRefused(@ForAll("hostileTexts") String text) {
    readsAgain(text, IpPrefix::parse);
    readsAgain(text, InterfaceAddress::parse);
    readsAgain(text, Endpoint::parse);
    readsAgain(text, value -> EndpointName.parse(value, -1));
    Optional<EndpointName> name = readsAgain(text, value -> EndpointName.parse(value, 1));
    name.flatMap(EndpointName::numeric)
        .ifPresent(endpoint -> assertEquals(name.get().port(), endpoint.port()));
  }

  /** What was read is read again from its own text; what was refused was refused politely. */
  private static <T> Optional<T> readsAgain(String text, Function<String, T> parser) {
    try {
      T value = parser.apply(text);
      assertEquals(value, parser.apply(value.toString()));
      return Optional.of(value);
    } catch (IllegalArgumentException e) {
      String message = e.toString();
      assertTrue(message.length() < 300, message);
      assertTrue(message.chars().noneMatch(Character::isISOControl), message);
      return Optional.empty();
    }
  }

  private static boolean isMapped(InetAddress address) {
    byte[] octets = address.getAddress();
    return octets.length == 16
        && new BigInteger(1, octets).shiftRight(32).equals(BigInteger.valueOf(0xffff));
  }
}
