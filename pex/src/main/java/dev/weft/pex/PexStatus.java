// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.transport.Endpoint;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How peer exchange is doing on an overlay. Immutable.
 *
 * @param version of the data in force; 0 if there are none or they are not signed
 * @param acceptedVersion of the newest data accepted, which may be about to be put in force
 * @param knownPeers hosts that may speak to this one
 * @param connectedPeers direct peers that traffic passes to
 * @param externalPort where this host speaks external PEX; absent in a network that is not dynamic,
 *     and while the port cannot be had
 * @param externalEndpoints how others see the WireGuard port, at most one for each version of IP
 * @param pexHosts external addresses that are asked for data
 * @param transfers transfers of data to others that are running
 * @param refusals why data were refused that came last; empty if they were not
 * @param counters messages and drops by name; names are lower-case with dashes
 */
public record PexStatus(
    long version,
    long acceptedVersion,
    int knownPeers,
    int connectedPeers,
    Optional<Endpoint> externalPort,
    List<Endpoint> externalEndpoints,
    int pexHosts,
    int transfers,
    List<String> refusals,
    Map<String, Long> counters) {

  public PexStatus {
    externalEndpoints = List.copyOf(externalEndpoints);
    refusals = List.copyOf(refusals);
    counters = Map.copyOf(counters);
  }
}
