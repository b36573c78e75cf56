// SPDX-License-Identifier: Apache-2.0

/**
 * Interoperation with wireguard-go and wireguard-tools in network namespaces. {@link
 * dev.weft.systemtests.interop.Lab} makes the namespaces, as a plain user where the system allows
 * user namespaces; {@link dev.weft.systemtests.interop.WireGuardScenarios} holds the scenarios,
 * which run with this project's node at one end ({@link dev.weft.systemtests.interop.InteropIT})
 * and with wireguard-go at both ({@link dev.weft.systemtests.interop.WireGuardGoReference}), so
 * that a wrong scenario can be told from a wrong node.
 */
@NullMarked
package dev.weft.systemtests.interop;

import org.jspecify.annotations.NullMarked;
