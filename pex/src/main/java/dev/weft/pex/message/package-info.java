// SPDX-License-Identifier: Apache-2.0

/** The messages of PEX and their octets. No I/O. Source: PEX §5 and §6. */
@NullMarked
package dev.weft.pex.message;

import org.jspecify.annotations.NullMarked;
