// SPDX-License-Identifier: Apache-2.0

/**
 * Netlink, the message protocol between programs and the kernel: a socket, a builder of requests, a
 * parser of answers that never reads outside a message, and the kernel's own words about failures.
 * No protocol family is known here. Sources: RFC 3549 §2, netlink(7), {@code linux/netlink.h}.
 */
@NullMarked
package dev.weft.linux.netlink;

import org.jspecify.annotations.NullMarked;
