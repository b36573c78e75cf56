// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import java.net.InetAddress;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Opens the UDP sockets of a runtime. Thread-safe. */
public interface UnderlayPortFactory {

  /**
   * What to open.
   *
   * @param bindAddress the local address; absent for all addresses, IPv4 and IPv6, or IPv4 alone on
   *     a system without IPv6
   * @param port 0 for any
   * @param socketBufferOctets how much receive and send buffer to ask for
   */
  record Spec(Optional<InetAddress> bindAddress, int port, int socketBufferOctets) {

    /** What is asked for by default: 7 MiB in each direction. */
    public static final int DEFAULT_SOCKET_BUFFER_OCTETS = 7 << 20;

    public Spec {
      Objects.requireNonNull(bindAddress, "bindAddress");
      if (port < 0 || port > 65535) {
        throw new IllegalArgumentException("port: " + port + " is not in 0 to 65535");
      }
    }
  }

  /**
   * Opens a socket.
   *
   * @param queue where the handler is called
   * @return completed exceptionally with {@link dev.weft.overlay.UnderlayException} if the address
   *     cannot be bound
   */
  CompletionStage<UnderlayPort> open(Spec spec, Scheduler queue, UnderlayPort.Handler handler);
}
