// SPDX-License-Identifier: Apache-2.0

package dev.weft.transport;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;

/**
 * A numeric UDP endpoint of the underlay. Immutable and thread-safe.
 *
 * @param address an IPv4 or IPv6 address; IPv4-mapped IPv6 addresses do not occur in Java
 * @param port 0 to 65535; 0 only where a local port is still to be chosen
 */
public record Endpoint(InetAddress address, int port) {

  public Endpoint {
    Objects.requireNonNull(address, "address");
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("port: " + port + " is not in 0 to 65535");
    }
  }

  /**
   * The endpoint of a resolved socket address.
   *
   * @throws IllegalArgumentException if it is unresolved
   */
  public static Endpoint of(InetSocketAddress address) {
    if (address.isUnresolved()) {
      throw new IllegalArgumentException("unresolved address " + address.getHostString());
    }
    return new Endpoint(address.getAddress(), address.getPort());
  }

  /**
   * Reads {@code 192.0.2.1:51820} or {@code [2001:db8::1]:51820}.
   *
   * @throws IllegalArgumentException if the text has another form, or a name instead of a number
   */
  public static Endpoint parse(String text) {
    EndpointName name = EndpointName.parse(text, -1);
    return new Endpoint(IpLiteral.parse(name.host(), true), name.port());
  }

  /** The same as a socket address. */
  public InetSocketAddress toSocketAddress() {
    return new InetSocketAddress(address, port);
  }

  /** Whether the address is IPv6. */
  public boolean isIpv6() {
    return address instanceof Inet6Address;
  }

  @Override
  public String toString() {
    String host = address.getHostAddress();
    return isIpv6() ? "[" + host + "]:" + port : host + ":" + port;
  }
}
