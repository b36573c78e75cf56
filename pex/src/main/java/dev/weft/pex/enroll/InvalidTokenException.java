// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import java.io.Serial;

/**
 * A text is no token for this host. Has no stack trace, and never repeats the text.
 *
 * @since 0.1.0
 */
public final class InvalidTokenException extends Exception {

  /** Why. */
  public enum Reason {
    /** The text is not base64. */
    BASE64("is not base64"),
    /** It has fewer octets than the shortest token, or more than the longest. */
    LENGTH("is too short or too long"),
    /** No host of the network has the id of its source. */
    UNKNOWN_SOURCE("is from no host of the network"),
    /** It was made by this process for another host, and turned around. */
    REFLECTED("was made here for another host"),
    /** Its MAC is wrong: it was altered, is for another host, or the source has another key. */
    MAC("was altered or is for another host"),
    /** What it says cannot be read. */
    CONTENT("says what cannot be read"),
    /** It is for a service of which one of the two hosts is no member. */
    NOT_MEMBER("is for a service of which a host is no member");

    private final String text;

    Reason(String text) {
      this.text = text;
    }
  }

  @Serial private static final long serialVersionUID = 1L;

  private final Reason reason;

  InvalidTokenException(Reason reason) {
    super("the token " + reason.text, null, false, false);
    this.reason = reason;
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }
}
