// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import dev.weft.transport.Endpoint;

/**
 * The WireGuard port as it is seen from outside. A server may lie, so it is a hint.
 *
 * @param endpoint address and port; only the port is told to others (PEX §6.10)
 * @param mapping whether others can be expected to see the same
 */
public record ExternalEndpoint(Endpoint endpoint, NatMapping mapping) {}
