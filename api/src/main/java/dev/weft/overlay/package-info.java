// SPDX-License-Identifier: Apache-2.0

/** Overlays: opening one, its configuration records, its status and events. */
@NullMarked
package dev.weft.overlay;

import org.jspecify.annotations.NullMarked;
