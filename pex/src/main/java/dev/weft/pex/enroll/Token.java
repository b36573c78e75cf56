// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import dev.weft.overlay.Host;
import java.util.Objects;

/**
 * A token whose MAC is right. Immutable. Source: PEX §14.
 *
 * @param source the host that made it
 * @param id different for each token of a source: 32 hexadecimal digits. Whoever wants to take a
 *     token only once remembers it for as long as the token's age is accepted
 * @param content what it says
 * @since 0.1.0
 */
public record Token(Host source, String id, TokenContent content) {
  public Token {
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(content, "content");
  }
}
