// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;

/**
 * Where a {@link WireGuardDevice} hands its results, synchronously, on the thread that called it.
 * Implementations must not call back into the device.
 */
public interface DeviceSink {

  /**
   * A datagram for the underlay. The memory is the device's (or its caller's) again on return.
   *
   * @return false if it was dropped
   */
  boolean toNetwork(PacketBuffer datagram, Endpoint destination);

  /**
   * A decrypted inner packet whose header is valid, whose source belongs to the peer, and which is
   * trimmed to the length its IP header says. The memory is the device's again on return.
   */
  void toTunnel(PacketBuffer packet, PublicKey peer);

  /** A session with the peer can now be used. */
  default void onHandshakeCompleted(PublicKey peer) {}

  /** An authenticated message of the peer came from a new place. WG §2.1. */
  default void onEndpointChanged(PublicKey peer, Endpoint endpoint) {}
}
