// SPDX-License-Identifier: Apache-2.0

/**
 * Enrolment of new hosts (opcode 11), tokens, and the blobmsg encoding both use. Source: PEX §13,
 * §14.
 */
@NullMarked
package dev.weft.pex.enroll;

import org.jspecify.annotations.NullMarked;
