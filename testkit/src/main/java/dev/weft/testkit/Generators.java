// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.peer.PeerConfig;
import dev.weft.peer.PeerId;
import dev.weft.peer.PresharedKey;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** jqwik generators of valid values. They need jqwik on the path. */
public final class Generators {

  private static final int MAX_IPV4_PACKET_PAYLOAD = 1400;

  private Generators() {}

  /** Octets, exactly so many. */
  public static Arbitrary<byte[]> octets(int length) {
    return octets(length, length);
  }

  /** Octets, so many at least and at most. */
  public static Arbitrary<byte[]> octets(int least, int most) {
    return Arbitraries.bytes().array(byte[].class).ofMinSize(least).ofMaxSize(most);
  }

  /** Public keys. Not every one is a point of large order. */
  public static Arbitrary<PublicKey> publicKeys() {
    return octets(PublicKey.LENGTH).map(PublicKey::of);
  }

  /** Private keys, clamped and not. */
  public static Arbitrary<PrivateKey> privateKeys() {
    return octets(PublicKey.LENGTH).map(PrivateKey::of);
  }

  /** Preshared keys. */
  public static Arbitrary<PresharedKey> presharedKeys() {
    return octets(PublicKey.LENGTH).map(PresharedKey::of);
  }

  /** Peer ids. */
  public static Arbitrary<PeerId> peerIds() {
    return Arbitraries.longs().map(PeerId::new);
  }

  /** IPv4 addresses. */
  public static Arbitrary<Inet4Address> ipv4Addresses() {
    return octets(4).map(octets -> (Inet4Address) address(octets));
  }

  /** IPv6 addresses, without IPv4-mapped ones, which Java turns into IPv4. */
  public static Arbitrary<Inet6Address> ipv6Addresses() {
    return octets(16)
        .map(Generators::address)
        .filter(Inet6Address.class::isInstance)
        .map(Inet6Address.class::cast);
  }

  /** Addresses of both families. */
  public static Arbitrary<InetAddress> addresses() {
    return Arbitraries.oneOf(
        ipv4Addresses().map(InetAddress.class::cast), ipv6Addresses().map(InetAddress.class::cast));
  }

  /** Ports, 1 to 65535. */
  public static Arbitrary<Integer> ports() {
    return Arbitraries.integers().between(1, 65535);
  }

  /** Numeric endpoints with a port above zero. */
  public static Arbitrary<Endpoint> endpoints() {
    return Combinators.combine(addresses(), ports()).as(Endpoint::new);
  }

  /** Names and numeric addresses with a port. */
  public static Arbitrary<EndpointName> endpointNames() {
    Arbitrary<String> label =
        Arbitraries.strings().withCharRange('a', 'z').ofMinLength(1).ofMaxLength(12);
    Arbitrary<String> names =
        label.list().ofMinSize(1).ofMaxSize(4).map(labels -> String.join(".", labels) + ".example");
    return Arbitraries.oneOf(
        Combinators.combine(names, ports()).as(EndpointName::new),
        endpoints().map(EndpointName::of));
  }

  /** Prefixes of both families and all lengths. */
  public static Arbitrary<IpPrefix> prefixes() {
    return Arbitraries.oneOf(ipv4Prefixes(), ipv6Prefixes());
  }

  /** IPv4 prefixes of all lengths. */
  public static Arbitrary<IpPrefix> ipv4Prefixes() {
    return Combinators.combine(ipv4Addresses(), Arbitraries.integers().between(0, 32))
        .as(IpPrefix::new);
  }

  /** IPv6 prefixes of all lengths. */
  public static Arbitrary<IpPrefix> ipv6Prefixes() {
    // A prefix must stay IPv6 when its host bits are cleared: ::ffff:0:0/96 would not.
    return Combinators.combine(ipv6Addresses(), Arbitraries.integers().between(0, 128))
        .as(IpPrefix::new);
  }

  /** Addresses of an interface, host bits included. */
  public static Arbitrary<InterfaceAddress> interfaceAddresses() {
    return Arbitraries.oneOf(
        Combinators.combine(ipv4Addresses(), Arbitraries.integers().between(0, 32))
            .as(InterfaceAddress::new),
        Combinators.combine(ipv6Addresses(), Arbitraries.integers().between(0, 128))
            .as(InterfaceAddress::new));
  }

  /** IPv4 packets: UDP, ICMP echo, and others with a payload of any octets. */
  public static Arbitrary<byte[]> ipv4Packets() {
    return Combinators.combine(ipv4Addresses(), ipv4Addresses()).flatAs(Generators::packets);
  }

  /** IPv6 packets: UDP, ICMPv6 echo, and others with a payload of any octets. */
  public static Arbitrary<byte[]> ipv6Packets() {
    return Combinators.combine(ipv6Addresses(), ipv6Addresses()).flatAs(Generators::packets);
  }

  /** Packets of both families. */
  public static Arbitrary<byte[]> ipPackets() {
    return Arbitraries.oneOf(ipv4Packets(), ipv6Packets());
  }

  /** Packets from one address to another. */
  public static Arbitrary<byte[]> packets(InetAddress source, InetAddress destination) {
    Arbitrary<byte[]> payload = octets(0, MAX_IPV4_PACKET_PAYLOAD);
    // Neither UDP nor ICMP, whose checksums octets by chance would not have: experiments, RFC 3692.
    Arbitrary<Integer> otherProtocols = Arbitraries.of(253, 254);
    return Arbitraries.oneOf(
        Combinators.combine(ports(), ports(), payload)
            .as((from, to, data) -> IpPackets.udp(source, from, destination, to, data)),
        Combinators.combine(ports(), ports(), payload)
            .as((id, number, data) -> IpPackets.echoRequest(source, destination, id, number, data)),
        Combinators.combine(otherProtocols, payload)
            .as((protocol, data) -> IpPackets.packet(source, destination, protocol, data)));
  }

  /** Keepalive intervals, off included. */
  public static Arbitrary<Duration> keepalives() {
    return Arbitraries.integers().between(0, 65535).map(Duration::ofSeconds);
  }

  /** Peers with any of their options. */
  public static Arbitrary<PeerConfig> peerConfigs() {
    return Combinators.combine(
            publicKeys(),
            presharedKeys().optional(),
            endpointNames().optional(),
            prefixes().list().ofMaxSize(5),
            keepalives(),
            Arbitraries.strings().alpha().ofMinLength(1).ofMaxLength(20).optional())
        .as(PeerConfig::new);
  }

  private static InetAddress address(byte[] octets) {
    try {
      return InetAddress.getByAddress(octets);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
