// SPDX-License-Identifier: Apache-2.0

/**
 * The underlay of a device with a TUN interface: UDP sockets of Linux with segmentation offload and
 * packet information. Sources: udp(7), ip(7), ipv6(7).
 */
@NullMarked
package dev.weft.dataplane.userspace.bind;

import org.jspecify.annotations.NullMarked;
