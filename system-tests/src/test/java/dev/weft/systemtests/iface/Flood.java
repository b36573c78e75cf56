// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.iface;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;

/** UDP datagrams, as fast as it goes. */
final class Flood {

  private Flood() {}

  /** Sends datagrams from a host and ignores what the network thinks of it. */
  static void send(Host host, String address, int count, int octets) {
    var _ =
        host.call(
            () -> {
              try (DatagramSocket socket = new DatagramSocket()) {
                DatagramPacket packet =
                    new DatagramPacket(new byte[octets], octets, InetAddress.getByName(address), 9);
                for (int i = 0; i < count; i++) {
                  try {
                    socket.send(packet);
                  } catch (IOException e) {
                    // No route, or no room: the next one.
                  }
                }
                return 0;
              }
            });
  }
}
