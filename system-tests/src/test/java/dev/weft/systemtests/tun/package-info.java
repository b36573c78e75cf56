// SPDX-License-Identifier: Apache-2.0

/**
 * This project's WireGuard interface as the kernel and its users see it: a TUN interface, with
 * wireguard-go or another of its kind at the other end, configured with {@code wg}. Each test has
 * an {@link dev.weft.systemtests.tun.Underlay} of three network namespaces of its own in the {@link
 * dev.weft.systemtests.tun.TunLab} of its class.
 */
@NullMarked
package dev.weft.systemtests.tun;

import org.jspecify.annotations.NullMarked;
