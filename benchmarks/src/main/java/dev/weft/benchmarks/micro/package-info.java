// SPDX-License-Identifier: Apache-2.0

/** JMH benchmarks of single steps of the path of a packet, and the program that runs them. */
@NullMarked
package dev.weft.benchmarks.micro;

import org.jspecify.annotations.NullMarked;
