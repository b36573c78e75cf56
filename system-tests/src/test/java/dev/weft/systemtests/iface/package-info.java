// SPDX-License-Identifier: Apache-2.0

/**
 * What an interface tells its host and how it lives with the host's routes: devices in network
 * namespaces of their own, within this process.
 */
@NullMarked
package dev.weft.systemtests.iface;

import org.jspecify.annotations.NullMarked;
