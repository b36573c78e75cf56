// SPDX-License-Identifier: Apache-2.0

/** The ciphers for data packets of all modules, against each other and published vectors. */
@NullMarked
package dev.weft.systemtests.cipher;

import org.jspecify.annotations.NullMarked;
