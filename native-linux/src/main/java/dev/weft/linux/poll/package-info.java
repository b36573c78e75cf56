// SPDX-License-Identifier: Apache-2.0

/**
 * Waiting for descriptors, and waking who waits. Source: Linux man-pages, {@code ppoll(2)}, {@code
 * eventfd(2)}.
 */
@NullMarked
package dev.weft.linux.poll;

import org.jspecify.annotations.NullMarked;
