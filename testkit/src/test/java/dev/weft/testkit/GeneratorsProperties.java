// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.PeerConfig;
import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class GeneratorsProperties {

  @Provide
  Arbitrary<byte[]> packets() {
    return Generators.ipPackets();
  }

  @Provide
  Arbitrary<Endpoint> endpoints() {
    return Generators.endpoints();
  }

  @Provide
  Arbitrary<EndpointName> endpointNames() {
    return Generators.endpointNames();
  }

  @Provide
  Arbitrary<IpPrefix> prefixes() {
    return Generators.prefixes();
  }

  @Provide
  Arbitrary<InterfaceAddress> interfaceAddresses() {
    return Generators.interfaceAddresses();
  }

  @Provide
  Arbitrary<PublicKey> publicKeys() {
    return Generators.publicKeys();
  }

  @Provide
  Arbitrary<PeerConfig> peerConfigs() {
    return Generators.peerConfigs();
  }

  @Property(tries = 300)
  void packetsHaveValidLengthsAndChecksums(@ForAll("packets") byte[] packet) {
    assertTrue(IpPackets.isValid(packet));
  }

  @Property(tries = 300)
  void endpointsSurviveTheirTextForm(
      @ForAll("endpoints") Endpoint endpoint, @ForAll("endpointNames") EndpointName name) {
    assertEquals(endpoint, Endpoint.parse(endpoint.toString()));
    assertEquals(name, EndpointName.parse(name.toString(), -1));
  }

  @Property(tries = 300)
  void prefixesContainTheirAddressAndSurviveTheirTextForm(
      @ForAll("prefixes") IpPrefix prefix, @ForAll("interfaceAddresses") InterfaceAddress address) {
    assertTrue(prefix.contains(prefix.address()));
    assertEquals(prefix, IpPrefix.parse(prefix.toString()));
    assertEquals(address, InterfaceAddress.parse(address.toString()));
  }

  @Property(tries = 100)
  void keysAndPeersAreEqualByValue(
      @ForAll("publicKeys") PublicKey key, @ForAll("peerConfigs") PeerConfig peer) {
    assertEquals(key, PublicKey.parse(key.toString()));
    assertEquals(peer, peer.toBuilder().build());
  }
}
