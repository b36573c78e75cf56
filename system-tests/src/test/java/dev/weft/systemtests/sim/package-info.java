// SPDX-License-Identifier: Apache-2.0

/**
 * Whole meshes in one thread: real engines, real userspace planes and real PEX on a simulated
 * underlay with faults. One seed fixes all of it, and a failing test prints how to replay it.
 */
@NullMarked
package dev.weft.systemtests.sim;

import org.jspecify.annotations.NullMarked;
