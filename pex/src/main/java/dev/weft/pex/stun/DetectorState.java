// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.util.List;
import java.util.Set;

/** Where a {@link PortDetector} is in its schedule. Immutable. Source: PEX §10. */
sealed interface DetectorState {

  /** No servers. A load with servers leads to {@link AwaitingPex} or {@link Resolving}. */
  record Off() implements DetectorState {}

  /** A peer may tell the port. The end of the wait leads to {@link Resolving}. */
  record AwaitingPex(long untilNanos) implements DetectorState {}

  /**
   * Names are being resolved. The last answer, or the end of the wait, leads to {@link Asking}, or
   * to {@link Idle} if there is no address.
   */
  record Resolving(Set<EndpointName> missing, long untilNanos) implements DetectorState {
    public Resolving {
      missing = Set.copyOf(missing);
    }
  }

  /**
   * Servers are asked one after the other. The last one leads to {@link Waiting}.
   *
   * @param round from 1
   */
  record Asking(int round, List<Endpoint> remaining, long nextNanos) implements DetectorState {
    public Asking {
      remaining = List.copyOf(remaining);
    }
  }

  /** All were asked. The end of the wait leads to {@link Asking}, or to {@link Idle}. */
  record Waiting(int round, long untilNanos) implements DetectorState {}

  /** Nothing to do. The end of the wait leads to {@link Resolving}. */
  record Idle(long untilNanos) implements DetectorState {}
}
