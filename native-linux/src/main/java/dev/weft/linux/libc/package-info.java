// SPDX-License-Identifier: Apache-2.0

/**
 * The calling convention of every native function here, error numbers and file descriptors. A call
 * never throws for an error of the system: it returns {@code -errno}, which the callers turn into
 * {@link dev.weft.linux.libc.LinuxException} where it is not expected. Source: Linux man-pages.
 */
@NullMarked
package dev.weft.linux.libc;

import org.jspecify.annotations.NullMarked;
