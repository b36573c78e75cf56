// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.PeerUpdate;
import java.util.Optional;

/**
 * A WireGuard interface that can be configured while it runs. Thread-safe; methods may block
 * shortly. A change has taken effect when its method returns.
 */
public interface ConfigurableDevice {

  /** What is configured and counted now: one consistent snapshot. */
  DeviceConfiguration configuration();

  /** The public key that belongs to the private key. To be overridden where it is at hand. */
  default Optional<PublicKey> publicKey() {
    return configuration().privateKey().map(PrivateKey::publicKey);
  }

  /**
   * The peer with this key. To be overridden where one can be had without all of them: a request
   * asks once for each peer it names.
   */
  default Optional<PeerConfiguration> peer(PublicKey key) {
    return configuration().peers().stream()
        .filter(peer -> peer.publicKey().equals(key))
        .findFirst();
  }

  /**
   * Changes the key; without one there are no handshakes. Sessions made with another key end.
   *
   * @throws ConfigurationRefusedException if it cannot be
   */
  void setPrivateKey(Optional<PrivateKey> key) throws ConfigurationRefusedException;

  /**
   * Moves to another UDP port.
   *
   * @param port 0 to 65535; 0 is any free one
   * @throws ConfigurationRefusedException if it cannot be, {@code EADDRINUSE} if another has it
   */
  void setListenPort(int port) throws ConfigurationRefusedException;

  /**
   * Marks the outgoing datagrams.
   *
   * @param mark 32 bits, unsigned; 0 is none
   * @throws ConfigurationRefusedException if it cannot be
   */
  void setFwmark(int mark) throws ConfigurationRefusedException;

  /**
   * Removes every peer and its sessions.
   *
   * @throws ConfigurationRefusedException if it cannot be
   */
  void removeAllPeers() throws ConfigurationRefusedException;

  /**
   * Adds, changes or removes one peer; removing one that is not there does nothing.
   *
   * @throws ConfigurationRefusedException if it cannot be; the peer is then as before
   */
  void apply(PeerUpdate update) throws ConfigurationRefusedException;
}
