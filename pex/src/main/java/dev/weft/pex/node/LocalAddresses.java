// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.util.Optional;

/** Knows the own underlay addresses. Called on the node's owner. */
@FunctionalInterface
public interface LocalAddresses {

  /** The own address on the route to an endpoint, if there is a route. */
  Optional<InetAddress> towards(Endpoint endpoint);
}
