// SPDX-License-Identifier: Apache-2.0

/**
 * The WireGuard protocol without I/O, clock or threads: {@link
 * dev.weft.dataplane.userspace.device.WireGuardDevice} takes packets, datagrams and the time, and
 * hands results to a {@link dev.weft.dataplane.userspace.device.DeviceSink}. Source: the WireGuard
 * whitepaper (WG) and, for the handshake, the Noise Protocol Framework (Noise).
 */
@NullMarked
package dev.weft.dataplane.userspace.device;

import org.jspecify.annotations.NullMarked;
