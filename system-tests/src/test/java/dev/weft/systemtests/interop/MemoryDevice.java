// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import dev.weft.dataplane.userspace.uapi.ConfigurableDevice;
import dev.weft.dataplane.userspace.uapi.ConfigurationRefusedException;
import dev.weft.dataplane.userspace.uapi.DeviceConfiguration;
import dev.weft.dataplane.userspace.uapi.PeerConfiguration;
import dev.weft.peer.PresharedKey;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.PeerUpdate;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** A device that is nothing but its configuration. Thread-safe. */
final class MemoryDevice implements ConfigurableDevice {

  /** The port that another has. */
  static final int PORT_IN_USE = 4242;

  private static final int EADDRINUSE = 98;

  private Optional<PrivateKey> privateKey = Optional.empty();
  private int listenPort;
  private int fwmark;
  private final Map<PublicKey, PeerConfiguration> peers = new LinkedHashMap<>();

  @Override
  public synchronized DeviceConfiguration configuration() {
    return new DeviceConfiguration(privateKey, listenPort, fwmark, new ArrayList<>(peers.values()));
  }

  @Override
  public synchronized void setPrivateKey(Optional<PrivateKey> key) {
    privateKey = key;
  }

  @Override
  public synchronized void setListenPort(int port) throws ConfigurationRefusedException {
    if (port == PORT_IN_USE) {
      throw new ConfigurationRefusedException(EADDRINUSE, "another has the port");
    }
    listenPort = port;
  }

  @Override
  public synchronized void setFwmark(int mark) {
    fwmark = mark;
  }

  @Override
  public synchronized void removeAllPeers() {
    peers.clear();
  }

  @Override
  public synchronized void apply(PeerUpdate update) {
    switch (update) {
      case PeerUpdate.Delete(PublicKey key) -> peers.remove(key);
      case PeerUpdate.Create create ->
          put(
              create.publicKey(),
              create.presharedKey(),
              create.endpoint(),
              create.allowedIps(),
              create.persistentKeepalive());
      case PeerUpdate.Update change -> {
        PeerConfiguration before = Objects.requireNonNull(peers.get(change.publicKey()));
        put(
            change.publicKey(),
            change.presharedKey().applyTo(before.presharedKey()),
            change.endpoint().applyTo(before.endpoint()),
            change.allowedIps().applyTo(Optional.of(before.allowedIps())).orElse(List.of()),
            change
                .persistentKeepalive()
                .applyTo(Optional.of(before.persistentKeepalive()))
                .orElse(Duration.ZERO));
      }
    }
  }

  private void put(
      PublicKey key,
      Optional<PresharedKey> presharedKey,
      Optional<Endpoint> endpoint,
      List<IpPrefix> prefixes,
      Duration keepalive) {
    // A prefix belongs to one peer.
    HashSet<IpPrefix> taken = new HashSet<>(prefixes);
    peers.replaceAll(
        (other, p) ->
            peer(
                other,
                p.presharedKey(),
                p.endpoint(),
                p.allowedIps().stream().filter(prefix -> !taken.contains(prefix)).toList(),
                p.persistentKeepalive()));
    peers.put(key, peer(key, presharedKey, endpoint, prefixes, keepalive));
  }

  private static PeerConfiguration peer(
      PublicKey key,
      Optional<PresharedKey> presharedKey,
      Optional<Endpoint> endpoint,
      List<IpPrefix> prefixes,
      Duration keepalive) {
    return new PeerConfiguration(
        key, presharedKey, endpoint, prefixes, keepalive, Optional.empty(), 0, 0);
  }
}
