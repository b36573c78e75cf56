// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import dev.weft.peer.PresharedKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** One change to a data plane's peers. Immutable. */
public sealed interface PeerUpdate {

  /** The peer it is about. */
  PublicKey publicKey();

  /**
   * Adds a peer; if it exists it is replaced, and its sessions end.
   *
   * @param persistentKeepalive zero is off
   */
  record Create(
      PublicKey publicKey,
      Optional<PresharedKey> presharedKey,
      Optional<Endpoint> endpoint,
      Duration persistentKeepalive,
      List<IpPrefix> allowedIps)
      implements PeerUpdate {
    public Create {
      Objects.requireNonNull(publicKey, "publicKey");
      Objects.requireNonNull(presharedKey, "presharedKey");
      Objects.requireNonNull(endpoint, "endpoint");
      Objects.requireNonNull(persistentKeepalive, "persistentKeepalive");
      allowedIps = List.copyOf(allowedIps);
    }
  }

  /**
   * Changes a peer without ending its sessions. A preshared key takes effect at the next handshake.
   * Setting a keepalive where there was none sends a keepalive at once, which starts a handshake if
   * there is no session. A prefix that another peer holds moves to this one.
   *
   * @param allowedIps cleared means none
   * @param persistentKeepalive cleared means off
   */
  record Update(
      PublicKey publicKey,
      Change<PresharedKey> presharedKey,
      Change<Endpoint> endpoint,
      Change<Duration> persistentKeepalive,
      Change<List<IpPrefix>> allowedIps)
      implements PeerUpdate {
    public Update {
      Objects.requireNonNull(publicKey, "publicKey");
      Objects.requireNonNull(presharedKey, "presharedKey");
      Objects.requireNonNull(endpoint, "endpoint");
      Objects.requireNonNull(persistentKeepalive, "persistentKeepalive");
      Objects.requireNonNull(allowedIps, "allowedIps");
      if (allowedIps instanceof Change.Set<List<IpPrefix>>(List<IpPrefix> prefixes)) {
        allowedIps = Change.set(List.copyOf(prefixes));
      }
    }

    /** An update of this peer that changes nothing yet. */
    public static Update of(PublicKey publicKey) {
      return new Update(
          publicKey,
          Change.unchanged(),
          Change.unchanged(),
          Change.unchanged(),
          Change.unchanged());
    }

    /** The same with another preshared key. */
    public Update withPresharedKey(Change<PresharedKey> change) {
      return new Update(publicKey, change, endpoint, persistentKeepalive, allowedIps);
    }

    /** The same with another endpoint. */
    public Update withEndpoint(Change<Endpoint> change) {
      return new Update(publicKey, presharedKey, change, persistentKeepalive, allowedIps);
    }

    /** The same with another keepalive. */
    public Update withPersistentKeepalive(Change<Duration> change) {
      return new Update(publicKey, presharedKey, endpoint, change, allowedIps);
    }

    /** The same with other allowed IPs. */
    public Update withAllowedIps(Change<List<IpPrefix>> change) {
      return new Update(publicKey, presharedKey, endpoint, persistentKeepalive, change);
    }

    /** Whether it changes nothing. */
    public boolean isEmpty() {
      return equals(of(publicKey));
    }
  }

  /** Removes a peer and its sessions. */
  record Delete(PublicKey publicKey) implements PeerUpdate {
    public Delete {
      Objects.requireNonNull(publicKey, "publicKey");
    }
  }
}
