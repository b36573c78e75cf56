// SPDX-License-Identifier: Apache-2.0

/** How PEX messages travel. Source: PEX §5. */
@NullMarked
package dev.weft.pex.transport;

import org.jspecify.annotations.NullMarked;
