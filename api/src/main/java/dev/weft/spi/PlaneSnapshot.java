// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import dev.weft.transport.Endpoint;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a data plane knows at one moment. Immutable.
 *
 * @param listen the underlay address and port in use
 * @param peers one entry a peer, in the order they were added
 * @param drops counted drops by reason; reasons with zero may be absent
 * @param details whatever else is worth showing (socket buffers granted, cipher chosen), for a
 *     person; keys are lower-case with dashes
 */
public record PlaneSnapshot(
    Optional<Endpoint> listen,
    List<PeerSnapshot> peers,
    Map<String, Long> drops,
    Map<String, String> details) {
  public PlaneSnapshot {
    peers = List.copyOf(peers);
    drops = Map.copyOf(drops);
    details = Map.copyOf(details);
  }
}
