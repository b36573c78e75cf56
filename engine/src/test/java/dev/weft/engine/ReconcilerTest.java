// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.OverlayConfig;
import dev.weft.peer.PeerConfig;
import dev.weft.peer.PresharedKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.Change;
import dev.weft.spi.PeerUpdate;
import dev.weft.transport.IpPrefix;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReconcilerTest {

  private static final IpPrefix LAN = IpPrefix.parse("10.9.0.0/16");

  private static DesiredState plain(PeerConfig... peers) {
    OverlayConfig config =
        OverlayConfig.builder("t", Samples.privateKey(1)).peers(List.of(peers)).build();
    return DesiredState.of(config, Samples.key(1), Optional.empty());
  }

  private static List<PeerUpdate> diff(DesiredState before, DesiredState after) {
    return Reconciler.diff(before.peers(), after.peers());
  }

  private static DesiredState.DesiredPeer peer(DesiredState state, PublicKey key) {
    return Objects.requireNonNull(state.peers().get(key));
  }

  @Test
  void anEqualStateNeedsNoUpdate() {
    DesiredState state =
        DesiredState.of(
            Samples.config(2, Samples.threeHosts()),
            Samples.key(2),
            Optional.of(Samples.threeHosts()));
    assertTrue(diff(state, state).isEmpty());
  }

  @Test
  void hostsAreCreatedInByteOrderOfTheirNamesWithoutEndpointOrKeepalive() {
    DesiredState state =
        DesiredState.of(
            Samples.config(2, Samples.threeHosts()),
            Samples.key(2),
            Optional.of(Samples.threeHosts()));
    List<PeerUpdate> updates = Reconciler.diff(Map.of(), state.peers());
    assertEquals(
        List.of(Samples.key(3), Samples.key(1)),
        updates.stream().map(PeerUpdate::publicKey).toList());
    PeerUpdate.Create root = assertInstanceOf(PeerUpdate.Create.class, updates.get(1));
    assertEquals(Optional.empty(), root.endpoint());
    assertEquals(Duration.ZERO, root.persistentKeepalive());
    assertEquals(
        List.of(IpPrefix.parse("fd00::1/128"), IpPrefix.parse("10.0.0.1/32")), root.allowedIps());
  }

  @Test
  void onlyTheChangedFieldOfTheChangedPeerIsTouched() {
    PeerConfig unchanged = PeerConfig.builder(Samples.key(2)).allowedIp(LAN).build();
    PeerConfig before = PeerConfig.builder(Samples.key(3)).build();
    PresharedKey psk = PresharedKey.of(new byte[32]);
    PeerConfig after = before.toBuilder().presharedKey(psk).build();
    assertEquals(
        List.of(PeerUpdate.Update.of(Samples.key(3)).withPresharedKey(Change.set(psk))),
        diff(plain(unchanged, before), plain(unchanged, after)));
    assertEquals(
        List.of(PeerUpdate.Update.of(Samples.key(3)).withPresharedKey(Change.cleared())),
        diff(plain(unchanged, after), plain(unchanged, before)));
  }

  @Test
  void removalsComeFirst() {
    PeerConfig gone = PeerConfig.builder(Samples.key(2)).allowedIp(LAN).build();
    PeerConfig heir = PeerConfig.builder(Samples.key(3)).allowedIp(LAN).build();
    List<PeerUpdate> updates = diff(plain(gone), plain(heir));
    assertEquals(new PeerUpdate.Delete(Samples.key(2)), updates.getFirst());
    assertInstanceOf(PeerUpdate.Create.class, updates.get(1));
  }

  @Test
  void aPrefixClaimedTwiceGoesToTheLaterPeerAndIsReported() {
    DesiredState state =
        plain(
            PeerConfig.builder(Samples.key(2)).allowedIp(LAN).build(),
            PeerConfig.builder(Samples.key(3)).allowedIp(LAN).build());
    assertEquals(List.of(), peer(state, Samples.key(2)).allowedIps());
    assertEquals(List.of(LAN), peer(state, Samples.key(3)).allowedIps());
    assertEquals(1, state.warnings().size());
  }

  @Test
  void theOwnKeyIsNeverAPeer() {
    DesiredState state = plain(PeerConfig.builder(Samples.key(1)).allowedIp(LAN).build());
    assertTrue(state.peers().isEmpty());
    assertEquals(1, state.warnings().size());
  }

  @Test
  void theNetworksHostWinsOverAPlainPeerOfItsKey() {
    OverlayConfig config =
        Samples.config(2, Samples.threeHosts()).toBuilder()
            .peer(PeerConfig.builder(Samples.key(1)).allowedIp(LAN).build())
            .build();
    DesiredState state = DesiredState.of(config, Samples.key(2), Optional.of(Samples.threeHosts()));
    assertTrue(peer(state, Samples.key(1)).networkHost());
    assertEquals(2, state.peers().size());
  }
}
