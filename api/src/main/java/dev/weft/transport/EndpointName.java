// SPDX-License-Identifier: Apache-2.0

package dev.weft.transport;

import java.util.Objects;
import java.util.Optional;

/**
 * An underlay endpoint as it is configured: a host name or a numeric address, and a port. It is
 * resolved each time it is used (PEX §9.3). Immutable and thread-safe.
 *
 * @param host a name, or a numeric address without brackets; 1 to 255 characters, none of them a
 *     bracket, white space or a control character
 * @param port 1 to 65535
 */
public record EndpointName(String host, int port) {

  private static final int MAX_LENGTH = 255;

  public EndpointName {
    Objects.requireNonNull(host, "host");
    if (host.isEmpty() || host.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "endpoint: a host has 1 to " + MAX_LENGTH + " characters, not " + host.length());
    }
    if (!host.chars().allMatch(EndpointName::mayBeInHost)) {
      throw new IllegalArgumentException(
          "endpoint: " + IpLiteral.quoted(host) + " has characters that no host has");
    }
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("endpoint: port " + port + " is not in 1 to 65535");
    }
  }

  /** The name of a numeric endpoint. */
  public static EndpointName of(Endpoint endpoint) {
    return new EndpointName(endpoint.address().getHostAddress(), endpoint.port());
  }

  /**
   * Reads {@code host}, {@code host:port}, {@code [v6]}, {@code [v6]:port} or a bare IPv6 address.
   *
   * @param defaultPort the port if the text has none; -1 if it must have one
   * @throws IllegalArgumentException if the text has another form
   */
  public static EndpointName parse(String text, int defaultPort) {
    String host;
    String port = "";
    if (text.startsWith("[")) {
      int end = text.indexOf(']');
      if (end < 0 || (end + 1 < text.length() && text.charAt(end + 1) != ':')) {
        throw new IllegalArgumentException(
            "endpoint: " + IpLiteral.quoted(text) + " has an unclosed bracket");
      }
      host = text.substring(1, end);
      if (end + 1 < text.length()) {
        port = text.substring(end + 2);
        requirePort(text, port);
      }
    } else if (text.indexOf(':') != text.lastIndexOf(':')) {
      host = text;
    } else if (text.indexOf(':') >= 0) {
      host = text.substring(0, text.indexOf(':'));
      port = text.substring(text.indexOf(':') + 1);
      requirePort(text, port);
    } else {
      host = text;
    }
    if (port.isEmpty() && defaultPort < 0) {
      throw new IllegalArgumentException("endpoint: " + IpLiteral.quoted(text) + " has no port");
    }
    return new EndpointName(host, port.isEmpty() ? defaultPort : Integer.parseInt(port));
  }

  /** The endpoint, if the host is a numeric address and not a name. */
  public Optional<Endpoint> numeric() {
    try {
      return Optional.of(new Endpoint(IpLiteral.parse(host, true), port));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static boolean mayBeInHost(int c) {
    return c > ' ' && c != 0x7f && c != '[' && c != ']' && !Character.isWhitespace(c);
  }

  private static void requirePort(String text, String port) {
    if (port.isEmpty() || port.length() > 5 || !port.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new IllegalArgumentException(
          "endpoint: " + IpLiteral.quoted(text) + " has no numeric port");
    }
  }

  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
