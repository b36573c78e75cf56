// SPDX-License-Identifier: Apache-2.0

/** Signed network data and where a host keeps them. Source: PEX §4. */
@NullMarked
package dev.weft.pex.netdata;

import org.jspecify.annotations.NullMarked;
