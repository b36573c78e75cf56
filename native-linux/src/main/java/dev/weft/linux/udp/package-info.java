// SPDX-License-Identifier: Apache-2.0

/**
 * UDP sockets with what makes them fast: many messages a call ({@code recvmmsg(2)}, {@code
 * sendmmsg(2)}), segmentation (UDP_SEGMENT) and coalescing (UDP_GRO) by the kernel, and the local
 * address of each datagram. Sources: Linux man-pages udp(7), ip(7), ipv6(7), socket(7), cmsg(3);
 * RFC 3542 for IPV6_PKTINFO; the kernel's {@code include/uapi/linux/udp.h}.
 */
@NullMarked
package dev.weft.linux.udp;

import org.jspecify.annotations.NullMarked;
