// SPDX-License-Identifier: Apache-2.0

/** Runnable examples; {@code examples/run} starts them. */
@NullMarked
package dev.weft.examples;

import org.jspecify.annotations.NullMarked;
