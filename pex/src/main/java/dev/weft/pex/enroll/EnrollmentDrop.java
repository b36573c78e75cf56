// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

/**
 * Why an enrolment did not take a message. Nothing is kept of such a message.
 *
 * @since 0.1.0
 */
public enum EnrollmentDrop {
  /** The enrolment has ended. */
  ENDED,
  /** It has the own session's key. */
  OWN_KEY,
  /** It is one for the other role. */
  WRONG_ROLE,
  /** Its op is none. */
  UNKNOWN_OP,
  /** More arrived in this second than {@link EnrollmentSession#AGREEMENTS_PER_SECOND}. */
  TOO_MANY,
  /** A key in it is of low order. */
  LOW_ORDER_KEY,
  /** It is not the first of its session, and this side knows no such session. */
  UNKNOWN_SESSION,
  /** There are {@link EnrollmentSession#MAX_PEERS} sessions. */
  FULL,
  /** Its hmac is wrong. */
  BAD_MAC,
  /** Its nonce is not above the last one. */
  REPLAYED,
  /** Its attributes are no blobmsg. */
  MALFORMED,
  /** An attribute is missing or no key. */
  INCOMPLETE,
  /** Its hash is wrong. */
  BAD_HASH,
  /** It has another key than the session had before. */
  CHANGED_KEY,
  /** It is not its time: an accept of what was not confirmed, or a discovery after the accept. */
  WRONG_STATE
}
