// SPDX-License-Identifier: Apache-2.0

/**
 * The overlay engine: desired state, the pure difference to the actual one, provider selection,
 * endpoint candidates and the connect loop. Sources: PEX §9 and §12; WG §2.
 */
@NullMarked
package dev.weft.engine;

import org.jspecify.annotations.NullMarked;
