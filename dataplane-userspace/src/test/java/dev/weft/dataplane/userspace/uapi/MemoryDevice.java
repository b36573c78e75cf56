// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.PeerUpdate;
import dev.weft.transport.IpPrefix;
import java.time.Duration;
import java.time.Instant;
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

  /** A mark that makes the device throw what no device should. */
  static final int BREAKING_MARK = 666;

  static final int EADDRINUSE = 98;

  private Optional<PrivateKey> privateKey = Optional.empty();
  private int listenPort;
  private int fwmark;
  private final Map<PublicKey, PeerConfiguration> peers = new LinkedHashMap<>();
  private int changes;

  @Override
  public synchronized DeviceConfiguration configuration() {
    return new DeviceConfiguration(privateKey, listenPort, fwmark, new ArrayList<>(peers.values()));
  }

  /** How many changes it was given. */
  synchronized int changes() {
    return changes;
  }

  /** As if there had been traffic with the peer. */
  synchronized void count(PublicKey key, Instant handshake, long received, long sent) {
    PeerConfiguration p = Objects.requireNonNull(peers.get(key));
    peers.put(
        key,
        new PeerConfiguration(
            key,
            p.presharedKey(),
            p.endpoint(),
            p.allowedIps(),
            p.persistentKeepalive(),
            Optional.of(handshake),
            received,
            sent));
  }

  @Override
  public synchronized void setPrivateKey(Optional<PrivateKey> key) {
    changes++;
    privateKey = key;
  }

  @Override
  public synchronized void setListenPort(int port) throws ConfigurationRefusedException {
    if (port == PORT_IN_USE) {
      throw new ConfigurationRefusedException(EADDRINUSE, "another has the port");
    }
    changes++;
    listenPort = port;
  }

  @Override
  public synchronized void setFwmark(int mark) {
    if (mark == BREAKING_MARK) {
      throw new IllegalStateException("broken");
    }
    changes++;
    fwmark = mark;
  }

  @Override
  public synchronized void removeAllPeers() {
    changes++;
    peers.clear();
  }

  @Override
  public synchronized void apply(PeerUpdate update) {
    changes++;
    PublicKey key = update.publicKey();
    switch (update) {
      case PeerUpdate.Delete delete -> peers.remove(delete.publicKey());
      case PeerUpdate.Create create -> {
        take(key, create.allowedIps());
        peers.put(
            key,
            new PeerConfiguration(
                key,
                create.presharedKey(),
                create.endpoint(),
                create.allowedIps(),
                create.persistentKeepalive(),
                Optional.empty(),
                0,
                0));
      }
      case PeerUpdate.Update change -> {
        PeerConfiguration p = Objects.requireNonNull(peers.get(key));
        List<IpPrefix> prefixes =
            change.allowedIps().applyTo(Optional.of(p.allowedIps())).orElse(List.of());
        take(key, prefixes);
        peers.put(
            key,
            new PeerConfiguration(
                key,
                change.presharedKey().applyTo(p.presharedKey()),
                change.endpoint().applyTo(p.endpoint()),
                prefixes,
                change
                    .persistentKeepalive()
                    .applyTo(Optional.of(p.persistentKeepalive()))
                    .orElse(Duration.ZERO),
                p.lastHandshake(),
                p.receivedOctets(),
                p.sentOctets()));
      }
    }
  }

  /** A prefix belongs to one peer. */
  private void take(PublicKey key, List<IpPrefix> prefixes) {
    HashSet<IpPrefix> taken = new HashSet<>(prefixes);
    peers.replaceAll(
        (other, p) ->
            other.equals(key)
                ? p
                : new PeerConfiguration(
                    other,
                    p.presharedKey(),
                    p.endpoint(),
                    p.allowedIps().stream().filter(prefix -> !taken.contains(prefix)).toList(),
                    p.persistentKeepalive(),
                    p.lastHandshake(),
                    p.receivedOctets(),
                    p.sentOctets()));
  }
}
