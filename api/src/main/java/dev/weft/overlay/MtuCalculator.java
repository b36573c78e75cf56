// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

/**
 * The arithmetic of packet sizes in octets. Sources: WG §5.4.6 (16 octets of header, 16 of tag,
 * padding to 16), RFC 7348 §5.
 */
public final class MtuCalculator {

  /** What WireGuard adds to an inner packet: header and tag. */
  public static final int WIREGUARD_OVERHEAD = 32;

  /** What VXLAN over IPv6 takes of a tunnel's MTU: Ethernet, VXLAN, UDP and IPv6 headers. */
  public static final int VXLAN_OVERHEAD = 14 + 8 + 8 + 40;

  /** The smallest MTU that IPv6 allows. */
  public static final int IPV6_MINIMUM = 1280;

  private static final int IPV4_HEADER = 20;
  private static final int IPV6_HEADER = 40;
  private static final int UDP_HEADER = 8;
  private static final int TCP_HEADER = 20;
  private static final int PADDING = 16;

  private MtuCalculator() {}

  /**
   * The largest inner packet that fits an underlay without fragments. A packet of exactly this size
   * is not padded beyond it, so padding costs nothing here.
   *
   * @param underlayMtu the underlay's MTU
   * @param underlayIpv6 whether the underlay may be IPv6; if unknown, true is safe
   */
  public static int tunnelMtu(int underlayMtu, boolean underlayIpv6) {
    return underlayMtu - ipHeader(underlayIpv6) - UDP_HEADER - WIREGUARD_OVERHEAD;
  }

  /** The size of the UDP payload that carries an inner packet, given the tunnel's MTU. */
  public static int transportDataLength(int innerLength, int tunnelMtu) {
    return paddedLength(innerLength, tunnelMtu) + WIREGUARD_OVERHEAD;
  }

  /** An inner packet's length with its padding: a multiple of 16, but never beyond the MTU. */
  public static int paddedLength(int innerLength, int tunnelMtu) {
    int padded = (innerLength + PADDING - 1) / PADDING * PADDING;
    return innerLength <= tunnelMtu ? Math.min(padded, Math.max(tunnelMtu, innerLength)) : padded;
  }

  /** The MTU of a VXLAN interface on a tunnel. */
  public static int vxlanMtu(int tunnelMtu) {
    return tunnelMtu - VXLAN_OVERHEAD;
  }

  /** The largest TCP segment, without options, on a path of this MTU. */
  public static int maximumSegmentSize(int mtu, boolean ipv6) {
    return mtu - ipHeader(ipv6) - TCP_HEADER;
  }

  private static int ipHeader(boolean ipv6) {
    return ipv6 ? IPV6_HEADER : IPV4_HEADER;
  }
}
