// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.transport.Endpoint;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class SimNatTest {

  private final SimNetwork network = new SimNetwork(11);
  private final SimHost server = network.host("server", "192.0.2.1");
  private final SimHost stranger = network.host("stranger", "192.0.2.2");
  private final Chatter s = Chatter.open(server, 1000);
  private final Chatter samePort = Chatter.open(stranger, 1000);
  private final Chatter otherPort = Chatter.open(server, 1001);

  private void settle() {
    network.runFor(Duration.ofSeconds(1));
  }

  private Chatter behind(SimNat nat, String address) {
    return Chatter.open(nat.host("host " + address, address), 51820);
  }

  @ParameterizedTest
  @CsvSource({
    // kind, same mapping for another destination, other port of the host let in, stranger let in
    "FULL_CONE, true, true, true",
    "ADDRESS_RESTRICTED, true, true, false",
    "PORT_RESTRICTED, true, false, false",
    "SYMMETRIC, false, false, false"
  })
  void eachKindMapsAndFiltersAsItsNameSays(
      NatKind kind, boolean sameMapping, boolean otherPortEnters, boolean strangerEnters) {
    SimNat nat = network.nat("nat", kind, "203.0.113.1");
    Chatter inner = behind(nat, "10.0.0.2");

    inner.say("hello", "192.0.2.1:1000");
    settle();
    Endpoint mapped = s.lastSource();
    assertEquals(nat.publicAddress(), mapped.address());

    s.say("reply", mapped);
    settle();
    assertEquals(List.of("reply"), inner.received);
    assertEquals(Endpoint.parse("192.0.2.1:1000"), inner.lastSource());

    otherPort.say("other port", mapped);
    settle();
    assertEquals(otherPortEnters, inner.received.contains("other port"));

    samePort.say("stranger", mapped);
    settle();
    assertEquals(strangerEnters, inner.received.contains("stranger"));

    inner.say("hello", "192.0.2.2:1000");
    settle();
    assertEquals(sameMapping, samePort.lastSource().equals(mapped));
  }

  @ParameterizedTest
  @EnumSource(NatKind.class)
  void aMappingDiesWithoutTrafficFromInside(NatKind kind) {
    SimNat nat = network.nat("nat", kind, "203.0.113.1").mappingTimeout(Duration.ofSeconds(30));
    Chatter inner = behind(nat, "10.0.0.2");
    inner.say("hello", "192.0.2.1:1000");
    settle();
    Endpoint mapped = s.lastSource();
    for (int i = 0; i < 4; i++) {
      network.runFor(Duration.ofSeconds(20));
      inner.say("keepalive", "192.0.2.1:1000");
    }
    settle();
    assertEquals(mapped, s.lastSource());
    // What arrives from outside does not keep it alive, RFC 4787 REQ-6.
    network.runFor(Duration.ofSeconds(20));
    s.say("in time", mapped);
    network.runFor(Duration.ofSeconds(20));
    s.say("too late", mapped);
    settle();
    assertEquals(List.of("in time"), inner.received);
    inner.say("again", "192.0.2.1:1000");
    settle();
    assertNotEquals(mapped, s.lastSource());
  }

  @Test
  void twoPortRestrictedNatsOpenToEachOtherByPunching() {
    Chatter one = behind(network.nat("one", NatKind.PORT_RESTRICTED, "203.0.113.1"), "10.0.0.1");
    Chatter two = behind(network.nat("two", NatKind.PORT_RESTRICTED, "203.0.113.2"), "10.0.0.1");
    one.say("register", "192.0.2.1:1000");
    settle();
    Endpoint first = s.lastSource();
    two.say("register", "192.0.2.1:1000");
    settle();
    Endpoint second = s.lastSource();
    one.say("lost, but opens", second);
    settle();
    assertTrue(two.received.isEmpty());
    two.say("through", first);
    settle();
    assertEquals(List.of("through"), one.received);
    assertEquals(1L, network.drops().get(DropCause.NAT_FILTERED));
  }

  @Test
  void punchingFailsBetweenASymmetricAndAPortRestrictedNat() {
    Chatter one = behind(network.nat("one", NatKind.SYMMETRIC, "203.0.113.1"), "10.0.0.1");
    Chatter two = behind(network.nat("two", NatKind.PORT_RESTRICTED, "203.0.113.2"), "10.0.0.1");
    one.say("register", "192.0.2.1:1000");
    settle();
    Endpoint first = s.lastSource();
    two.say("register", "192.0.2.1:1000");
    settle();
    Endpoint second = s.lastSource();
    for (int i = 0; i < 5; i++) {
      one.say("punch", second);
      two.say("punch", first);
      settle();
    }
    assertTrue(one.received.isEmpty() && two.received.isEmpty());
  }

  @Test
  void hostsBehindOneNatReachEachOtherDirectlyAndByItsPublicAddressOnlyWithHairpinning() {
    SimNat nat = network.nat("nat", NatKind.FULL_CONE, "203.0.113.1");
    Chatter one = behind(nat, "10.0.0.1");
    Chatter two = behind(nat, "10.0.0.2");
    one.say("lan", "10.0.0.2:51820");
    two.say("register", "192.0.2.1:1000");
    settle();
    assertEquals(Endpoint.parse("10.0.0.1:51820"), two.lastSource());
    Endpoint mapped = s.lastSource();
    one.say("hairpin", mapped);
    settle();
    assertEquals(List.of("lan"), two.received);
    nat.hairpinning(true);
    one.say("hairpin", mapped);
    settle();
    assertEquals(List.of("lan", "hairpin"), two.received);
    assertEquals(nat.publicAddress(), two.lastSource().address());
  }

  @Test
  void theSamePrivateAddressBehindTwoNatsIsTwoHosts() {
    Chatter one = behind(network.nat("one", NatKind.FULL_CONE, "203.0.113.1"), "10.0.0.1");
    Chatter two = behind(network.nat("two", NatKind.FULL_CONE, "203.0.113.2"), "10.0.0.1");
    one.say("1", "192.0.2.1:1000");
    two.say("2", "192.0.2.1:1000");
    settle();
    assertEquals(2, s.sources.stream().map(Endpoint::address).distinct().count());
    one.say("nobody", "10.0.0.9:1");
    settle();
    assertEquals(1L, network.drops().get(DropCause.NO_HOST));
  }

  @Test
  void aNatBehindANatTranslatesTwice() {
    SimNat carrier = network.nat("carrier", NatKind.PORT_RESTRICTED, "203.0.113.1");
    Chatter inner = behind(carrier.nat("home", NatKind.FULL_CONE, "100.64.0.2"), "10.0.0.1");
    inner.say("hello", "192.0.2.1:1000");
    settle();
    assertEquals(carrier.publicAddress(), s.lastSource().address());
    s.say("reply", s.lastSource());
    settle();
    assertEquals(List.of("reply"), inner.received);
  }

  @Test
  void aPortPreservingNatKeepsThePortUntilItIsTaken() {
    SimNat nat = network.nat("nat", NatKind.FULL_CONE, "203.0.113.1").portPreserving(true);
    behind(nat, "10.0.0.1").say("1", "192.0.2.1:1000");
    settle();
    assertEquals(51820, s.lastSource().port());
    behind(nat, "10.0.0.2").say("2", "192.0.2.1:1000");
    settle();
    assertNotEquals(51820, s.lastSource().port());
  }

  @Test
  void aRebootOrANewPublicAddressForgetsAllMappings() {
    SimNat nat = network.nat("nat", NatKind.FULL_CONE, "203.0.113.1");
    Chatter inner = behind(nat, "10.0.0.1");
    inner.say("hello", "192.0.2.1:1000");
    settle();
    Endpoint mapped = s.lastSource();
    nat.reboot();
    s.say("lost", mapped);
    settle();
    assertTrue(inner.received.isEmpty());
    nat.publicAddress("203.0.113.9");
    inner.say("hello", "192.0.2.1:1000");
    settle();
    assertEquals(nat.publicAddress(), s.lastSource().address());
  }

  @Test
  void aHostMovesFromTheInternetBehindANatAndBack() {
    SimNat nat = network.nat("nat", NatKind.PORT_RESTRICTED, "203.0.113.1");
    SimHost phone = network.host("phone", "198.51.100.1");
    Chatter p = Chatter.open(phone, 51820);
    phone.moveBehind(nat, "10.0.0.1");
    p.say("wifi", "192.0.2.1:1000");
    settle();
    assertEquals(nat.publicAddress(), s.lastSource().address());
    phone.moveToInternet("198.51.100.2");
    p.say("mobile", "192.0.2.1:1000");
    settle();
    assertEquals(Endpoint.parse("198.51.100.2:51820"), s.lastSource());
  }

  @Test
  void ipv6PassesTheNatBy() {
    SimNat nat = network.nat("nat", NatKind.SYMMETRIC, "203.0.113.1");
    Chatter inner = Chatter.open(nat.host("dual", "10.0.0.1", "2001:db8::a"), 5);
    Chatter six = Chatter.open(network.host("six", "2001:db8::b"), 6);
    six.say("hello", "[2001:db8::a]:5");
    settle();
    assertEquals(List.of("hello"), inner.received);
    assertThrows(
        IllegalArgumentException.class, () -> network.nat("v6", NatKind.SYMMETRIC, "2001:db8::c"));
  }

  @Test
  void partitionsAndConditionsKnowTheHostBehindTheNat() {
    SimNat nat = network.nat("nat", NatKind.FULL_CONE, "203.0.113.1");
    Chatter one = behind(nat, "10.0.0.1");
    Chatter two = behind(nat, "10.0.0.2");
    one.say("1", "192.0.2.1:1000");
    settle();
    Endpoint first = s.lastSource();
    two.say("2", "192.0.2.1:1000");
    settle();
    Endpoint second = s.lastSource();
    network.partition(List.of(server), List.of(one.runtime.host()));
    network.conditions(
        server,
        two.runtime.host(),
        LinkConditions.builder().latency(Duration.ofSeconds(3)).build());
    s.say("separated", first);
    s.say("slow", second);
    settle();
    assertTrue(one.received.isEmpty() && two.received.isEmpty());
    network.runFor(Duration.ofSeconds(3));
    assertEquals(List.of("slow"), two.received);
  }

  @ParameterizedTest
  @CsvSource({
    // mapping, same for another port of the host, same for a stranger
    "ENDPOINT_INDEPENDENT, true, true",
    "ADDRESS_DEPENDENT, true, false",
    "ADDRESS_AND_PORT_DEPENDENT, false, false"
  })
  void aMappingDependsOnAsMuchOfTheRemoteEndAsItsBehaviorSays(
      NatBehavior mapping, boolean sameForOtherPort, boolean sameForStranger) {
    Chatter inner =
        behind(network.nat("nat", NatKind.FULL_CONE, "203.0.113.1").mapping(mapping), "10.0.0.2");
    inner.say("hello", "192.0.2.1:1000");
    inner.say("hello", "192.0.2.1:1001");
    inner.say("hello", "192.0.2.2:1000");
    settle();
    Endpoint mapped = s.lastSource();
    assertEquals(sameForOtherPort, otherPort.lastSource().equals(mapped));
    assertEquals(sameForStranger, samePort.lastSource().equals(mapped));
  }

  @ParameterizedTest
  @CsvSource({
    // filtering, other port of the host let in, stranger let in
    "ENDPOINT_INDEPENDENT, true, true",
    "ADDRESS_DEPENDENT, true, false",
    "ADDRESS_AND_PORT_DEPENDENT, false, false"
  })
  void aFilterDependsOnAsMuchOfTheRemoteEndAsItsBehaviorSaysWhateverTheMapping(
      NatBehavior filtering, boolean otherPortEnters, boolean strangerEnters) {
    int count = 0;
    for (NatBehavior mapping : NatBehavior.values()) {
      count++;
      String number = Integer.toString(count);
      SimNat nat =
          network
              .nat("nat" + number, NatKind.FULL_CONE, "203.0.113." + number)
              .mapping(mapping)
              .filtering(filtering);
      Chatter inner = behind(nat, "10.0.0." + number);
      inner.say("hello", "192.0.2.1:1000");
      settle();
      Endpoint mapped = s.lastSource();
      s.say("reply", mapped);
      otherPort.say("other port", mapped);
      samePort.say("stranger", mapped);
      settle();
      assertTrue(inner.received.contains("reply"));
      assertEquals(otherPortEnters, inner.received.contains("other port"), mapping::toString);
      assertEquals(strangerEnters, inner.received.contains("stranger"), mapping::toString);
    }
  }

  @Test
  void anOverloadingNatKeepsThePortOfAllWhoseRemoteEndsDiffer() {
    SimNat nat = network.nat("nat", NatKind.SYMMETRIC, "203.0.113.1").portOverloading(true);
    Chatter one = behind(nat, "10.0.0.1");
    Chatter two = behind(nat, "10.0.0.2");
    one.say("1", "192.0.2.1:1000");
    one.say("1", "192.0.2.1:1001");
    two.say("2", "192.0.2.2:1000");
    settle();
    Endpoint mapped = new Endpoint(nat.publicAddress(), 51820);
    assertEquals(List.of(mapped), s.sources);
    assertEquals(List.of(mapped), otherPort.sources);
    assertEquals(List.of(mapped), samePort.sources);
    s.say("for one", mapped);
    samePort.say("for two", mapped);
    settle();
    assertEquals(List.of("for one"), one.received);
    assertEquals(List.of("for two"), two.received);
    two.say("2", "192.0.2.1:1000");
    settle();
    assertNotEquals(mapped, s.lastSource());
  }

  @Test
  void twoMasqueradingNatsOpenToEachOtherByPunching() {
    Chatter one =
        behind(
            network.nat("one", NatKind.SYMMETRIC, "203.0.113.1").portOverloading(true), "10.0.0.1");
    Chatter two =
        behind(
            network.nat("two", NatKind.SYMMETRIC, "203.0.113.2").portOverloading(true), "10.0.0.1");
    one.say("lost, but opens", "203.0.113.2:51820");
    settle();
    two.say("through", "203.0.113.1:51820");
    settle();
    assertEquals(List.of("through"), one.received);
    assertTrue(two.received.isEmpty());
  }

  @Test
  void homesBehindOneCarrierReachEachOtherByItsPublicAddressOnlyWithHairpinning() {
    SimNat carrier = network.nat("carrier", NatKind.PORT_RESTRICTED, "203.0.113.1");
    Chatter one = behind(carrier.nat("one", NatKind.PORT_RESTRICTED, "100.64.0.1"), "10.0.0.1");
    Chatter two = behind(carrier.nat("two", NatKind.PORT_RESTRICTED, "100.64.0.2"), "10.0.0.1");
    one.say("register", "192.0.2.1:1000");
    settle();
    Endpoint first = s.lastSource();
    two.say("register", "192.0.2.1:1000");
    settle();
    Endpoint second = s.lastSource();
    one.say("punch", second);
    two.say("punch", first);
    settle();
    assertTrue(one.received.isEmpty() && two.received.isEmpty());
    assertEquals(2L, network.drops().get(DropCause.NAT_NO_HAIRPIN));
    carrier.hairpinning(true);
    one.say("lost, but opens", second);
    settle();
    two.say("through", first);
    settle();
    assertEquals(List.of("through"), one.received);
    assertEquals(second, one.lastSource());
  }
}
