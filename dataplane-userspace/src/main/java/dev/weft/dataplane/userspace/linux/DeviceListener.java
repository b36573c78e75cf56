// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.linux;

import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;

/**
 * What a {@link LinuxDevice} asks and tells. Called on its workers, sometimes while the device is
 * held: implementations copy what they need, hand over to a queue of their own and return. They
 * must not call the device.
 */
public interface DeviceListener {

  /** A device that stands alone: every packet goes to the interface. */
  DeviceListener NONE = new DeviceListener() {};

  /**
   * Takes a decrypted packet that is not for the interface.
   *
   * @return true if it was taken; its memory is the device's again on return
   */
  default boolean takesInner(PacketBuffer packet) {
    return false;
  }

  /** Takes a datagram that is not WireGuard's; true if it was taken. */
  default boolean takesDatagram(PacketBuffer datagram, Endpoint source) {
    return false;
  }

  /** A handshake with the peer completed, or its endpoint moved. */
  default void onPeerActivity(PublicKey peer) {}

  /** The device cannot go on. Called once. */
  default void onFailure(Throwable cause) {}
}
