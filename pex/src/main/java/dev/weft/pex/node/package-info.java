// SPDX-License-Identifier: Apache-2.0

/**
 * What a host does with PEX messages, ticks and the state of its WireGuard peers. No I/O and no
 * clock. Source: PEX §5 to §7, §9 and §12.1.
 */
@NullMarked
package dev.weft.pex.node;

import org.jspecify.annotations.NullMarked;
