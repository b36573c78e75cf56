// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import dev.weft.overlay.Host;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayStatus;
import dev.weft.peer.PeerStatus;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.Scheduler;
import dev.weft.testkit.SimHost;
import dev.weft.testkit.SimNode;
import dev.weft.testkit.SimRuntime;
import dev.weft.transport.DatagramEndpoint;
import dev.weft.transport.EndpointName;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A host of the mesh: what it is in the network's data, its machine, and the two processes on it,
 * the overlay and an application that goes on while the overlay is started anew.
 */
final class Member {

  static final int WIREGUARD_PORT = 51820;
  static final int PEX_PORT = 51830;

  final int index;
  final PrivateKey key;
  final PublicKey publicKey;
  final Inet6Address overlayAddress;
  final InetAddress extraAddress;
  final SimHost host;
  final Optional<String> dnsName;
  final SimRuntime appRuntime;
  final Scheduler app;
  final List<DatagramEndpoint> sockets = new ArrayList<>();
  final List<DatagramEndpoint> forgers = new ArrayList<>();
  long nextSerial;

  /** Where the overlay listens from its next start on. */
  int listenPort = WIREGUARD_PORT;

  private Duration wallClockSkew;
  private @Nullable SimNode node;

  Member(
      int index, PrivateKey key, SimHost host, Optional<String> dnsName, Duration wallClockSkew) {
    this.index = index;
    this.key = key;
    this.host = host;
    this.dnsName = dnsName;
    this.wallClockSkew = wallClockSkew;
    publicKey = key.publicKey();
    overlayAddress =
        (Inet6Address) InetAddress.ofLiteral("fd57:6566:7400::" + Integer.toHexString(index + 1));
    extraAddress = InetAddress.ofLiteral("10.99." + index / 250 + "." + (index % 250 + 1));
    appRuntime = host.newRuntime();
    app = appRuntime.newQueue();
  }

  /** Its entry in the network's data. */
  Host entry() {
    Host.Builder entry =
        Host.builder(name(), publicKey, overlayAddress)
            .address(extraAddress)
            .port(WIREGUARD_PORT)
            .pexPort(PEX_PORT);
    dnsName.ifPresent(dns -> entry.endpoint(new EndpointName(dns, WIREGUARD_PORT)));
    return entry.build();
  }

  String name() {
    return host.name();
  }

  /** Starts the overlay's process. */
  SimNode start(OverlayConfig config) {
    SimNode started = SimNode.open(host, config);
    started.runtime().wallClockSkew(wallClockSkew);
    node = started;
    return started;
  }

  /** Steps the host's clock. */
  void setClockForward(Duration step) {
    wallClockSkew = wallClockSkew.plus(step);
    node().ifPresent(running -> running.runtime().wallClockSkew(wallClockSkew));
  }

  Duration wallClockSkew() {
    return wallClockSkew;
  }

  /** Ends the overlay's process without a farewell. */
  void crash() {
    SimNode running = node;
    if (running != null) {
      running.crash();
      node = null;
      sockets.clear();
      forgers.clear();
    }
  }

  Optional<SimNode> node() {
    return Optional.ofNullable(node);
  }

  /** Whether this process is the one that runs now. */
  boolean runs(SimNode candidate) {
    return node == candidate;
  }

  SimNode running() {
    return node().orElseThrow(() -> new IllegalStateException(name() + " does not run"));
  }

  OverlayStatus status() {
    return running().overlay().status();
  }

  Optional<PeerStatus> peer(Member other) {
    return status().peer(other.publicKey);
  }

  boolean isConnectedTo(Member other) {
    return peer(other).filter(peer -> peer.connected() && peer.isDirect()).isPresent();
  }

  boolean has(InetAddress address) {
    return address.equals(overlayAddress) || address.equals(extraAddress);
  }

  @Override
  public String toString() {
    return name();
  }
}
