// SPDX-License-Identifier: Apache-2.0

/**
 * The configuration socket that {@code wg} speaks to: the server side of WireGuard's cross-platform
 * userspace configuration protocol. {@link dev.weft.dataplane.userspace.uapi.UapiServer} has the
 * socket; {@link dev.weft.dataplane.userspace.uapi.UapiConversation} is the protocol, without I/O;
 * {@link dev.weft.dataplane.userspace.uapi.ConfigurableDevice} is what is configured. Source:
 * https://www.wireguard.com/xplatform/, and wg(8).
 */
@NullMarked
package dev.weft.dataplane.userspace.uapi;

import org.jspecify.annotations.NullMarked;
