// SPDX-License-Identifier: Apache-2.0

/**
 * One WireGuard interface by itself, without an overlay: what a daemon such as wireguard-go is.
 * Configured with the tools of WireGuard over its socket. Source:
 * https://www.wireguard.com/xplatform/.
 */
@NullMarked
package dev.weft.dataplane.userspace.standalone;

import org.jspecify.annotations.NullMarked;
