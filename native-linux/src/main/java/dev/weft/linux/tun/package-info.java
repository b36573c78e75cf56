// SPDX-License-Identifier: Apache-2.0

/**
 * TUN devices: making or taking over one, its queues and its offloads. Nothing here looks into
 * packets. Sources: the kernel's {@code Documentation/networking/tuntap.rst} and {@code
 * include/uapi/linux/if_tun.h}; the virtio specification 1.2, section 5.1.6 for the header before
 * each packet.
 */
@NullMarked
package dev.weft.linux.tun;

import org.jspecify.annotations.NullMarked;
