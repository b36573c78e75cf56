// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The kinds of traffic that go through each tunnel in each round. */
enum Traffic {
  TCP("tcp", "TCP, one stream", ""),
  TCP_REVERSE("tcp-r", "TCP, one stream, other direction", "-R"),
  TCP_8("tcp8", "TCP, 8 streams", "-P 8"),
  TCP_BOTH("bidir", "TCP, both directions", "--bidir"),
  UDP_1372("udp1372", "UDP, 1,372 octets", "-u -b 0 -l 1372"),
  UDP_200("udp200", "UDP, 200 octets", "-u -b 0 -l 200"),
  IPV6_INSIDE("ipv6-inside", "TCP, IPv6 inside", ""),
  IPV6_OUTSIDE("ipv6-outside", "TCP, IPv6 outside", ""),
  PING_IDLE("ping", "ping, idle", ""),
  PING_LOADED("ping-load", "ping under TCP load", ""),
  COLD("cold", "cold start", "");

  private final String id;
  private final String title;
  private final String arguments;

  Traffic(String id, String title, String arguments) {
    this.id = id;
    this.title = title;
    this.arguments = arguments;
  }

  String id() {
    return id;
  }

  String title() {
    return title;
  }

  /** What iperf3 is told beside address and time. */
  List<String> arguments() {
    return arguments.isEmpty() ? List.of() : List.of(arguments.split(" ", -1));
  }

  boolean isBulk() {
    return compareTo(PING_IDLE) < 0;
  }

  static Traffic of(String id) {
    return Arrays.stream(values())
        .filter(traffic -> traffic.id.equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new BenchmarkException("unknown kind of traffic " + id + "; there are " + names()));
  }

  static String names() {
    return Arrays.stream(values()).map(Traffic::id).collect(Collectors.joining(","));
  }
}
