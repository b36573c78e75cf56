// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server.http;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * An answer. The octets are not copied: whoever makes one gives them away.
 *
 * @param status for example 200
 * @param contentType of the body
 * @param body the octets
 * @param headers further headers
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared; a copy of each answer would be waste.
public record HttpAnswer(int status, String contentType, byte[] body, Map<String, String> headers) {

  /** JSON, in UTF-8. */
  public static final String JSON = "application/json";

  public HttpAnswer {
    Objects.requireNonNull(contentType, "contentType");
    Objects.requireNonNull(body, "body");
    headers = Map.copyOf(headers);
  }

  /** A JSON document. */
  public static HttpAnswer json(int status, byte[] body) {
    return new HttpAnswer(status, JSON, body, Map.of());
  }

  /**
   * An error as {@code {"error": "…"}}.
   *
   * @param message of ours, without characters that JSON escapes; nothing of the request
   */
  public static HttpAnswer error(int status, String message) {
    return json(status, ("{\"error\":\"" + message + "\"}\n").getBytes(StandardCharsets.UTF_8));
  }

  /** The same with one more header. */
  public HttpAnswer with(String name, String value) {
    Map<String, String> more = new HashMap<>(headers);
    more.put(name, value);
    return new HttpAnswer(status, contentType, body, more);
  }

  @Override
  public String toString() {
    return status + " " + contentType + ", " + body.length + " octets";
  }
}
