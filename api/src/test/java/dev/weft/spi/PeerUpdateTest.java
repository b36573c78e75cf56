// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.PresharedKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class PeerUpdateTest {

  private static final PublicKey KEY = PublicKey.of(new byte[32]);

  @Property
  void theChangeBetweenTwoValuesLeadsFromOneToTheOther(
      @ForAll Optional<Integer> before, @ForAll Optional<Integer> after) {
    Change<Integer> change = Change.between(before, after);

    assertEquals(after, change.applyTo(before));
    assertEquals(before.equals(after), change.equals(Change.unchanged()));
  }

  @Test
  void aFieldIsLeftClearedOrSet() {
    assertEquals(Optional.of(1), Change.<Integer>unchanged().applyTo(Optional.of(1)));
    assertEquals(Optional.empty(), Change.<Integer>unchanged().applyTo(Optional.empty()));
    assertEquals(Optional.empty(), Change.<Integer>cleared().applyTo(Optional.of(1)));
    assertEquals(Optional.of(2), Change.set(2).applyTo(Optional.of(1)));
    assertEquals(Change.cleared(), Change.between(Optional.of(1), Optional.empty()));
  }

  @Test
  void anUpdateIsEmptyUntilAFieldChanges() {
    PeerUpdate.Update update = PeerUpdate.Update.of(KEY);

    assertTrue(update.isEmpty());
    assertFalse(update.withPresharedKey(Change.cleared()).isEmpty());
    assertFalse(update.withEndpoint(Change.set(Endpoint.parse("192.0.2.1:1"))).isEmpty());
    assertFalse(update.withPersistentKeepalive(Change.set(Duration.ZERO)).isEmpty());
    assertFalse(update.withAllowedIps(Change.set(List.of())).isEmpty());
    assertTrue(
        update.withAllowedIps(Change.set(List.of())).withAllowedIps(Change.unchanged()).isEmpty());
  }

  @Test
  void eachFieldIsChangedAlone() {
    Change<PresharedKey> key = Change.set(PresharedKey.of(new byte[32]));
    Change<Endpoint> endpoint = Change.set(Endpoint.parse("192.0.2.1:1"));
    Change<Duration> keepalive = Change.set(Duration.ofSeconds(25));
    Change<List<IpPrefix>> prefixes = Change.set(List.of(IpPrefix.parse("10.0.0.0/8")));

    assertEquals(
        new PeerUpdate.Update(KEY, key, endpoint, keepalive, prefixes),
        PeerUpdate.Update.of(KEY)
            .withAllowedIps(prefixes)
            .withPersistentKeepalive(keepalive)
            .withEndpoint(endpoint)
            .withPresharedKey(key));
  }

  @Test
  void updatesDoNotChangeWithTheListsTheyWereMadeFrom() {
    List<IpPrefix> prefixes = new ArrayList<>(List.of(IpPrefix.parse("10.0.0.0/8")));
    PeerUpdate.Create create =
        new PeerUpdate.Create(KEY, Optional.empty(), Optional.empty(), Duration.ZERO, prefixes);
    PeerUpdate.Update update = PeerUpdate.Update.of(KEY).withAllowedIps(Change.set(prefixes));
    prefixes.clear();

    assertEquals(1, create.allowedIps().size());
    assertEquals(1, update.allowedIps().applyTo(Optional.empty()).orElseThrow().size());
  }

  @Test
  void aPresharedKeyInAnUpdateIsNotPrinted() {
    PeerUpdate.Update update =
        PeerUpdate.Update.of(KEY).withPresharedKey(Change.set(PresharedKey.of(new byte[32])));

    assertTrue(update.toString().contains("PresharedKey[redacted]"), update::toString);
  }

  @Test
  void aProviderIsAvailableOrSaysWhyNot() {
    assertTrue(new Availability.Available().isAvailable());
    assertFalse(new Availability.Unavailable("no TUN", "load the module tun").isAvailable());
  }

  @Test
  void aSocketsPortHas16Bits() {
    assertEquals(
        "port: 65536 is not in 0 to 65535",
        assertThrows(
                IllegalArgumentException.class,
                () -> new UnderlayPortFactory.Spec(Optional.empty(), 65536, 4096))
            .getMessage());
  }
}
