// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.transport.Endpoint;

/**
 * What a {@link NetworkDataExchange} wants done, in this order. Immutable. A {@link PexEffect.Send}
 * is a message through the tunnel.
 */
public sealed interface ExchangeEffect
    permits PexEffect.Send,
        PexEffect.ProposeEndpoint,
        ExchangeEffect.SendExternal,
        ExchangeEffect.SendFromWireGuardPort,
        ExchangeEffect.DataReceived,
        ExchangeEffect.ReloadDue,
        ExchangeEffect.Refused {

  /** Send a datagram from the socket of external messages. */
  record SendExternal(Endpoint destination, ExternalDatagram datagram) implements ExchangeEffect {}

  /** Send a datagram from the port of WireGuard; its source is what it tells. PEX §6.9. */
  record SendFromWireGuardPort(Endpoint destination, ExternalDatagram datagram)
      implements ExchangeEffect {}

  /**
   * Newer data came, rightly signed. To be answered, at once or later, with {@link
   * NetworkDataExchange#onDataAccepted} after they were found usable and stored, else with {@link
   * NetworkDataExchange#onDataRefused}.
   *
   * @param from who sent them, which says nothing about who made them
   */
  record DataReceived(SignedNetworkData data, PexPath from) implements ExchangeEffect {}

  /**
   * It is time to put the accepted data in force. To be answered, at once or later, with {@link
   * NetworkDataExchange#load}, or if that was not possible with {@link
   * NetworkDataExchange#onDataRefused}.
   */
  record ReloadDue(SignedNetworkData data) implements ExchangeEffect {}

  /** Somebody with newer data does not know this host: probably it was removed. PEX §8.5. */
  record Refused(long version, PexPath by) implements ExchangeEffect {}
}
