// SPDX-License-Identifier: Apache-2.0

/**
 * This project's WireGuard interface under the hands of {@code wg} and {@code wg-quick}: the same
 * scripts with it and with wireguard-go, each in an {@link dev.weft.systemtests.wgquick.Isolation}
 * of its own, must print the same.
 */
@NullMarked
package dev.weft.systemtests.wgquick;

import org.jspecify.annotations.NullMarked;
