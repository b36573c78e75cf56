// SPDX-License-Identifier: Apache-2.0

/**
 * A small HTTP/1.1 server for management: one request a connection, everything bounded. The only
 * package of this module that knows Netty. Source: RFC 9110, RFC 9112.
 */
@NullMarked
package dev.weft.pex.server.http;

import org.jspecify.annotations.NullMarked;
