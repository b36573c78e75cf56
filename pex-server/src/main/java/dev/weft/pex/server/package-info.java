// SPDX-License-Identifier: Apache-2.0

/**
 * The PEX service: networks as overlays on one runtime, their definitions, their status and what
 * can be done to them. Source: PEX §3.1, §4, §8, §20.
 */
@NullMarked
package dev.weft.pex.server;

import org.jspecify.annotations.NullMarked;
