// SPDX-License-Identifier: Apache-2.0

/** Access to the test vectors; not exported, so that JSON types may appear in it. */
@NullMarked
package dev.weft.crypto.vectors;

import org.jspecify.annotations.NullMarked;
