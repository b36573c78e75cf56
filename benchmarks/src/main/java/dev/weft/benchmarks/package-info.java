// SPDX-License-Identifier: Apache-2.0

/** Programs that measure. */
@NullMarked
package dev.weft.benchmarks;

import org.jspecify.annotations.NullMarked;
