// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import dev.weft.peer.PresharedKey;
import dev.weft.peer.PrivateKey;
import dev.weft.transport.Endpoint;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A tunnel on a link of its own: the end under test in {@link Lab#OURS}, wireguard-go in {@link
 * Lab#PEER}.
 */
final class Tunnel implements AutoCloseable {

  private static final Duration AGREE_BOUND = Duration.ofSeconds(5);

  /** Who knows where the other end is, and so can begin. */
  enum Initiator {
    OURS,
    PEER
  }

  /** Opens the end under test. */
  @FunctionalInterface
  interface SideUnderTest {
    Side open(TunnelSpec spec);
  }

  /**
   * What makes one tunnel different from another.
   *
   * @param initiator who knows the other's endpoint
   * @param ipv6Underlay whether the endpoint is IPv6
   * @param ourPresharedKey our end's preshared key
   * @param peerPresharedKey the peer's
   */
  record Options(
      Initiator initiator,
      boolean ipv6Underlay,
      Optional<PresharedKey> ourPresharedKey,
      Optional<PresharedKey> peerPresharedKey) {

    static Options of(Initiator initiator, boolean ipv6Underlay) {
      return new Options(initiator, ipv6Underlay, Optional.empty(), Optional.empty());
    }

    Options presharedKeys(Optional<PresharedKey> ours, Optional<PresharedKey> peers) {
      return new Options(initiator, ipv6Underlay, ours, peers);
    }
  }

  /** Both ends' views, read one after the other. */
  record Views(Side.PeerView ours, Side.PeerView peer) {
    boolean countersAgree() {
      return ours.receivedOctets() == peer.sentOctets()
          && ours.sentOctets() == peer.receivedOctets();
    }
  }

  private final Link link;
  private final Options options;
  private final Side ours;
  private final WireGuardGo peer;

  private Tunnel(Link link, Options options, Side ours, WireGuardGo peer) {
    this.link = link;
    this.options = options;
    this.ours = ours;
    this.peer = peer;
  }

  /** Makes the link and starts both ends; nothing is sent yet. */
  static Tunnel open(Lab lab, SideUnderTest sideUnderTest, Options options) {
    Link link = lab.link();
    PrivateKey ourKey = PrivateKey.generate();
    PrivateKey peerKey = PrivateKey.generate();
    int peerPort = 51820 + link.number();
    boolean weBegin = options.initiator() == Initiator.OURS;
    Side ours =
        sideUnderTest.open(
            new TunnelSpec(
                "ours" + link.number(),
                ourKey,
                0,
                link.ourAddresses(),
                peerKey.publicKey(),
                options.ourPresharedKey(),
                weBegin
                    ? Optional.of(
                        new Endpoint(link.peerUnderlay('a', options.ipv6Underlay()), peerPort))
                    : Optional.empty(),
                link.peerPrefixes()));
    WireGuardGo peer =
        WireGuardGo.open(
            lab,
            Lab.PEER,
            new TunnelSpec(
                "peer" + link.number(),
                peerKey,
                peerPort,
                link.peerAddresses(),
                ourKey.publicKey(),
                options.peerPresharedKey(),
                weBegin
                    ? Optional.empty()
                    : Optional.of(
                        new Endpoint(
                            link.ourUnderlay('a', options.ipv6Underlay()), ours.listenPort())),
                link.ourPrefixes()));
    return new Tunnel(link, options, ours, peer);
  }

  Link link() {
    return link;
  }

  Side ours() {
    return ours;
  }

  WireGuardGo peer() {
    return peer;
  }

  /** Where our end is for the peer, on link {@code a} or {@code b}. */
  Endpoint ourEndpoint(char onLink) {
    return new Endpoint(link.ourUnderlay(onLink, options.ipv6Underlay()), ours.listenPort());
  }

  /** Where the peer is for our end, on link {@code a} or {@code b}. */
  Endpoint peerEndpoint(char onLink) {
    return new Endpoint(link.peerUnderlay(onLink, options.ipv6Underlay()), peer.listenPort());
  }

  /** Echo requests from our end to the peer's inner address. */
  Side.PingSummary pingFromOurs(boolean ipv6, int count, Duration interval) {
    return ours.ping(link.peerInner(ipv6), count, interval, Duration.ofSeconds(5));
  }

  /** Echo requests from the peer to our inner address. */
  Side.PingSummary pingFromPeer(boolean ipv6, int count, Duration interval) {
    return peer.ping(link.ourInner(ipv6), count, interval, Duration.ofSeconds(5));
  }

  /** A few echo requests from the end that can begin. */
  Side.PingSummary pingFromInitiator(int count, Duration interval) {
    return switch (options.initiator()) {
      case OURS -> pingFromOurs(false, count, interval);
      case PEER -> pingFromPeer(false, count, interval);
    };
  }

  /** Both ends' views now. */
  Views views() {
    return new Views(ours.peer(), peer.peer());
  }

  /** Waits for both ends' views to be as wanted. */
  Views awaitViews(String what, Duration bound, Predicate<Views> wanted) {
    return Await.value(what, bound, this::views, wanted);
  }

  /** Waits for what is on the way, and asserts that each end received all that the other sent. */
  Views awaitEqualCounters() {
    return awaitViews(
        "our octets equal those of wg show, crosswise", AGREE_BOUND, Views::countersAgree);
  }

  /** Both ends' states and logs. */
  String report() {
    return ours.report() + "\n" + peer.report();
  }

  @Override
  public void close() {
    try (ours;
        peer) {
      // Closes both.
    }
  }
}
