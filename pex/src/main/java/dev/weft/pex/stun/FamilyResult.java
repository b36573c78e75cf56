// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What servers of one address family told, in this attempt and before. Of one detector. */
final class FamilyResult {

  /** Two servers tell how a NAT maps; a third one would tell nothing new. */
  private static final int ENOUGH = 2;

  /** Of the attempt, by the server's address. */
  private final Map<InetAddress, Endpoint> answers = new HashMap<>();

  private @Nullable ExternalEndpoint external;

  Optional<ExternalEndpoint> external() {
    return Optional.ofNullable(external);
  }

  void forget() {
    answers.clear();
    external = null;
  }

  void startAttempt() {
    answers.clear();
  }

  boolean isAnswered() {
    return !answers.isEmpty();
  }

  /** Whether an answer of this server would tell something. */
  boolean wants(InetAddress server) {
    return answers.size() < ENOUGH && !answers.containsKey(server);
  }

  /** Takes an answer in; returns whether the result is another one now. */
  boolean onAnswer(InetAddress server, Endpoint reflexive) {
    boolean first = answers.isEmpty();
    boolean agrees = answers.values().stream().allMatch(reflexive::equals);
    answers.put(server, reflexive);
    ExternalEndpoint before = external;
    if (first) {
      boolean same = before != null && before.endpoint().equals(reflexive);
      external = same ? before : new ExternalEndpoint(reflexive, NatMapping.UNKNOWN);
    } else if (before != null) {
      NatMapping mapping = NatMapping.ENDPOINT_DEPENDENT;
      if (agrees) {
        mapping = answers.size() < ENOUGH ? before.mapping() : NatMapping.ENDPOINT_INDEPENDENT;
      }
      external = new ExternalEndpoint(before.endpoint(), mapping);
    }
    return !Objects.equals(before, external);
  }
}
