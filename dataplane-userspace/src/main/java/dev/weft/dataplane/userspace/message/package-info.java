// SPDX-License-Identifier: Apache-2.0

/**
 * The four messages of WireGuard and the headers of the IP packets inside, as octets: layouts and
 * codecs without cryptography or I/O. Source: WG §5.4.
 */
@NullMarked
package dev.weft.dataplane.userspace.message;

import org.jspecify.annotations.NullMarked;
