// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server.http;

import java.util.Objects;
import java.util.Optional;

/**
 * What is known of a request before its body. Never prints its token. Immutable.
 *
 * @param method upper-case, for example {@code GET}
 * @param path the decoded path, beginning with a slash, without the query
 * @param bearer what came as {@code Authorization: Bearer}
 */
public record HttpHead(String method, String path, Optional<String> bearer) {
  public HttpHead {
    Objects.requireNonNull(method, "method");
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(bearer, "bearer");
  }

  @Override
  public String toString() {
    return method + " " + path;
  }
}
