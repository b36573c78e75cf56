// SPDX-License-Identifier: Apache-2.0

/**
 * Overlays with a TUN interface, in network namespaces: what they put on the system, that nothing
 * of it stays behind, and traffic. Needs root, {@code ip} and {@code ping}; see {@link
 * dev.weft.systemtests.tunplane.TunCondition}.
 */
@NullMarked
package dev.weft.systemtests.tunplane;

import org.jspecify.annotations.NullMarked;
