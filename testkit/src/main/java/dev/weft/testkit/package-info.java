// SPDX-License-Identifier: Apache-2.0

/**
 * Deterministic tests of whole overlays in one thread: simulated time, underlay, NATs and faults
 * behind the real {@link dev.weft.overlay.WeftRuntime}, in-memory packet ports, a fake data plane,
 * and generators of valid values and packets. NAT behaviour follows RFC 4787.
 */
@NullMarked
package dev.weft.testkit;

import org.jspecify.annotations.NullMarked;
