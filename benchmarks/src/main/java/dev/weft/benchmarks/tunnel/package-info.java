// SPDX-License-Identifier: Apache-2.0

/**
 * Compares userspace WireGuard implementations on one machine: all their tunnels are up at once
 * between two network namespaces, and traffic goes through them in turn in short slices, so that
 * each ratio compares neighbours in time. Linux, as root, with iperf3, ping, ip and wg. Everything
 * runs in the main thread; {@link dev.weft.benchmarks.tunnel.Children} and what it owns are also
 * closed by the shutdown hook.
 */
@NullMarked
package dev.weft.benchmarks.tunnel;

import org.jspecify.annotations.NullMarked;
