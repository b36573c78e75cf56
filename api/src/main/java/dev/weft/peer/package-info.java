// SPDX-License-Identifier: Apache-2.0

/** Peers and their keys. Sources: WireGuard whitepaper (WG) §2 and §5.4; PEX specification §2.1. */
@NullMarked
package dev.weft.peer;

import org.jspecify.annotations.NullMarked;
