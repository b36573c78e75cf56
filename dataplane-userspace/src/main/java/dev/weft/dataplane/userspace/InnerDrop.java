// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import java.util.Locale;

/** Why a packet was dropped outside the WireGuard device. */
enum InnerDrop {
  /** No IP packet, or a header whose lengths do not fit. */
  INNER_MALFORMED,
  /** For none of the own addresses, and the in-process endpoint never forwards. */
  NOT_LOCAL,
  /** A fragment of an IPv4 packet; nothing is reassembled. */
  FRAGMENT,
  /** IPv4 options, of which nothing here makes use. */
  IPV4_OPTIONS,
  /** An IPv6 extension header, a fragment's included. */
  EXTENSION_HEADER,
  /** A wrong IPv4 header, UDP, ICMP or ICMPv6 checksum, or none in UDP over IPv6. */
  BAD_CHECKSUM,
  /** Neither UDP nor ICMP nor ICMPv6. */
  UNSUPPORTED_PROTOCOL,
  /** UDP for a port that nobody claimed. */
  PORT_UNREACHABLE,
  /** ICMP that is neither an echo request nor about an echo request of ours. */
  ICMP_IGNORED,
  /** A source that is no single host. */
  BAD_SOURCE,
  /** Longer than the tunnel's MTU, or than the plane's buffers. */
  TOO_LONG,
  /** A queue was full. */
  QUEUE_FULL,
  /** The supplied port did not take it. */
  PORT_REFUSED,
  /** From a local address that is no longer one. */
  SOURCE_NOT_LOCAL,
  /** The plane was starting, suspended or closed. */
  NOT_RUNNING,
  /** The application's handler threw. */
  HANDLER_FAILED;

  /** Lower-case with dashes, as the status names it. */
  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
