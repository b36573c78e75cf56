// SPDX-License-Identifier: Apache-2.0

/**
 * Service provider interfaces: engines, runtimes, data planes, services and ciphers. For
 * implementers; new methods come as {@code default}.
 */
@NullMarked
package dev.weft.spi;

import org.jspecify.annotations.NullMarked;
