// SPDX-License-Identifier: Apache-2.0

/** The runtime with real sockets and clocks, on Netty's event loops; all I/O of the engine. */
@NullMarked
package dev.weft.engine.runtime;

import org.jspecify.annotations.NullMarked;
