// SPDX-License-Identifier: Apache-2.0

/**
 * The portable userspace data plane: the WireGuard device of {@code device} on an overlay's queue,
 * with an underlay binding on one side and, on the other, the in-process endpoint or an embedder's
 * packet port. No native call, no privilege, no thread of its own. Sources: WG (the WireGuard
 * whitepaper) for the tunnel; RFC 791, 792, 768, 1071, 1122 and RFC 8200, 4443 for what the
 * in-process endpoint speaks.
 */
@NullMarked
package dev.weft.dataplane.userspace;

import org.jspecify.annotations.NullMarked;
