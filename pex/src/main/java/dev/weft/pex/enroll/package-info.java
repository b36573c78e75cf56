// SPDX-License-Identifier: Apache-2.0

/**
 * Enrolment of new hosts (opcode 11), tokens, and the blobmsg encoding both use. {@link
 * dev.weft.pex.enroll.EnrollmentServer} and {@link dev.weft.pex.enroll.EnrollmentClient} do no I/O:
 * messages and times go in, effects come out. Source: PEX §13, §14.
 */
@NullMarked
package dev.weft.pex.enroll;

import org.jspecify.annotations.NullMarked;
