// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import dev.weft.transport.PacketPort;
import java.util.Objects;

/** Where inner packets enter and leave an overlay. */
public sealed interface PortKind {

  /**
   * Inside this process, without privileges: the overlay answers echo requests to its own addresses
   * and gives UDP sockets on them. It never forwards.
   */
  record InProcess() implements PortKind {}

  /**
   * A TUN device of the operating system, with addresses and routes.
   *
   * @param name the interface's name, 1 to 15 characters
   */
  record Tun(String name) implements PortKind {
    public Tun {
      if (name.isEmpty() || name.length() > 15 || name.indexOf('/') >= 0) {
        throw new IllegalArgumentException(
            "tun: \"" + name + "\" is not 1 to 15 characters without a slash");
      }
    }
  }

  /**
   * The embedder's own port, which the overlay closes.
   *
   * @param port the port
   */
  record Supplied(PacketPort port) implements PortKind {
    public Supplied {
      Objects.requireNonNull(port, "port");
    }
  }
}
