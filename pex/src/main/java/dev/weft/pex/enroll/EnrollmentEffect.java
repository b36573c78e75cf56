// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import dev.weft.pex.message.Enroll;
import dev.weft.transport.Endpoint;

/**
 * What an enrolment wants done. Immutable. Source: PEX §13.
 *
 * @since 0.1.0
 */
public sealed interface EnrollmentEffect {

  /** Send a message from the external PEX port. */
  record Send(Endpoint destination, Enroll message) implements EnrollmentEffect {}

  /**
   * Another side is there, or was confirmed or accepted: the moment for an operator to decide, if
   * {@link EnrollmentPeer#accepted} is false.
   */
  record Changed(EnrollmentPeer peer) implements EnrollmentEffect {}

  /**
   * On the server, once a client: both sides accepted. {@link EnrollmentPeer#hostKey} is the new
   * host's public key, to be added to the network's data.
   */
  record Enrolled(EnrollmentPeer peer) implements EnrollmentEffect {}

  /** On the client, once: both sides accepted. */
  record Completed(Enrollment enrollment) implements EnrollmentEffect {}

  /** The time is over. All secrets are erased, and nothing happens any more. */
  record TimedOut() implements EnrollmentEffect {}
}
