// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.nio.ByteBuffer;

/** What a {@link PortDetector} wants done. */
public sealed interface PortDetectorEffect {

  /** Find the addresses of a server and tell {@link PortDetector#onResolved}, failed or not. */
  record Resolve(EndpointName server) implements PortDetectorEffect {}

  /**
   * Send a datagram from the socket that WireGuard uses.
   *
   * @param datagram ready to be read; the receiver's
   */
  record SendFromWireGuardPort(Endpoint server, ByteBuffer datagram)
      implements PortDetectorEffect {}

  /** The external endpoint of a family became known or another one, or more is known of the NAT. */
  record ExternalEndpointChanged(ExternalEndpoint external) implements PortDetectorEffect {}
}
