// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server.http;

import java.time.Duration;
import java.util.Objects;

/**
 * The bounds of a server.
 *
 * @param connections how many there are at once; further ones are closed
 * @param lineOctets the longest request line
 * @param headerOctets all headers of a request together
 * @param requestTime in which a request must have arrived
 * @param answerTime in which it must have been answered
 */
public record HttpLimits(
    int connections, int lineOctets, int headerOctets, Duration requestTime, Duration answerTime) {

  /** 64 connections, lines of 4 KiB, headers of 8 KiB, 10 seconds for a request, 15 to answer. */
  public static final HttpLimits DEFAULT =
      new HttpLimits(64, 4_096, 8_192, Duration.ofSeconds(10), Duration.ofSeconds(15));

  public HttpLimits {
    if (connections < 1 || lineOctets < 64 || headerOctets < 64) {
      throw new IllegalArgumentException("the bounds of the management server are too small");
    }
    Objects.requireNonNull(requestTime, "requestTime");
    Objects.requireNonNull(answerTime, "answerTime");
  }
}
