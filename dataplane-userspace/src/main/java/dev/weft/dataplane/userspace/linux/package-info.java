// SPDX-License-Identifier: Apache-2.0

/**
 * A WireGuard device with a TUN interface of Linux: workers that carry each batch of packets all
 * the way between interface and sockets, around the core that {@code device} holds.
 *
 * <p>The core is guarded by one lock, held for the beginning and the end of a run of packets, for
 * handshakes and for changes; the ciphers run outside of it. Sources: the WireGuard whitepaper,
 * tun(4), udp(7).
 */
@NullMarked
package dev.weft.dataplane.userspace.linux;

import org.jspecify.annotations.NullMarked;
