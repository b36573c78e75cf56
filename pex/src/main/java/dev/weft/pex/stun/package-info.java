// SPDX-License-Identifier: Apache-2.0

/**
 * STUN as far as a WireGuard host needs it: a client that learns its own external address and port,
 * and a server. Source: RFC 8489, RFC 5780 §7.5 for RESPONSE-PORT, PEX §10.
 */
@NullMarked
package dev.weft.pex.stun;

import org.jspecify.annotations.NullMarked;
