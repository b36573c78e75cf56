// SPDX-License-Identifier: Apache-2.0

/** Addresses, packet buffers and the ports through which packets enter and leave an overlay. */
@NullMarked
package dev.weft.transport;

import org.jspecify.annotations.NullMarked;
