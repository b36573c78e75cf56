// SPDX-License-Identifier: Apache-2.0

/**
 * Peer exchange as a service of an overlay: carries the decisions of {@code dev.weft.pex.node} out.
 * Source: PEX §5 to §9.
 */
@NullMarked
package dev.weft.pex;

import org.jspecify.annotations.NullMarked;
