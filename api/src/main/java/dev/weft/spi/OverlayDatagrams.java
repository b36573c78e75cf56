// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import dev.weft.transport.DatagramEndpoint;
import java.net.InetAddress;

/** The one way to a UDP port on an overlay address. Used on the overlay's queue. */
public interface OverlayDatagrams {

  /**
   * Claims a port.
   *
   * @param address one of the local host's overlay addresses
   * @param port 1 to 65535, or 0 for any free one
   * @param handler called on the overlay's queue
   * @throws dev.weft.overlay.OverlayException if the address is not the local host's or the port is
   *     taken
   */
  DatagramEndpoint bind(InetAddress address, int port, DatagramEndpoint.Handler handler);
}
