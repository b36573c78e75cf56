// SPDX-License-Identifier: Apache-2.0

/**
 * Links, addresses, routes and routing rules of the network namespace that the socket was opened
 * in. All classes work on one {@link dev.weft.linux.netlink.NetlinkSocket}, so one thread uses them
 * at a time, and all block for the kernel's answer. Sources: RFC 3549 §3, rtnetlink(7), {@code
 * linux/rtnetlink.h}, {@code linux/if_link.h}, {@code linux/if_addr.h}, {@code linux/fib_rules.h}.
 */
@NullMarked
package dev.weft.linux.rtnetlink;

import org.jspecify.annotations.NullMarked;
