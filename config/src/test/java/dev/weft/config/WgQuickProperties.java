// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.weft.peer.PeerConfig;
import dev.weft.peer.PresharedKey;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.EndpointName;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What is written reads as what it was written from. */
final class WgQuickProperties {

  @Property
  void aWrittenDocumentReadsAsItself(@ForAll("documents") WgQuickDocument document) {
    WgQuickDocument read = WgQuickDocument.parse(document.write());
    assertEquals(document.privateKey(), read.privateKey());
    assertEquals(document.listenPort(), read.listenPort());
    assertEquals(document.addresses(), read.addresses());
    assertEquals(document.mtuOctets(), read.mtuOctets());
    assertEquals(document.peers(), read.peers());
    assertEquals(document.write(), read.write());
  }

  @Provide
  Arbitrary<WgQuickDocument> documents() {
    return Arbitraries.randomValue(WgQuickProperties::document);
  }

  private static WgQuickDocument document(Random random) {
    List<InterfaceAddress> addresses = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      InetAddress address = address(random);
      addresses.add(new InterfaceAddress(address, length(random, address)));
    }
    List<PeerConfig> peers = new ArrayList<>();
    Set<PublicKey> keys = new HashSet<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      PublicKey key = PublicKey.of(octets(random, 32));
      if (keys.add(key)) {
        peers.add(peer(random, key));
      }
    }
    return new WgQuickDocument(
        PrivateKey.of(octets(random, 32)),
        random.nextBoolean() ? OptionalInt.of(random.nextInt(65536)) : OptionalInt.empty(),
        addresses,
        random.nextBoolean()
            ? OptionalInt.of(1280 + random.nextInt(65536 - 1280))
            : OptionalInt.empty(),
        peers,
        List.of());
  }

  private static PeerConfig peer(Random random, PublicKey key) {
    PeerConfig.Builder peer = PeerConfig.builder(key);
    if (random.nextBoolean()) {
      peer.presharedKey(PresharedKey.of(octets(random, 32)));
    }
    if (random.nextBoolean()) {
      String host =
          random.nextBoolean()
              ? "host-" + random.nextInt(100) + ".example"
              : address(random).getHostAddress();
      peer.endpoint(new EndpointName(host, 1 + random.nextInt(65535)));
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      InetAddress address = address(random);
      peer.allowedIp(new IpPrefix(address, length(random, address)));
    }
    if (random.nextBoolean()) {
      peer.persistentKeepalive(Duration.ofSeconds(random.nextInt(65536)));
    }
    return peer.build();
  }

  private static int length(Random random, InetAddress address) {
    return random.nextInt(address.getAddress().length * 8 + 1);
  }

  private static InetAddress address(Random random) {
    byte[] octets = octets(random, random.nextBoolean() ? 4 : 16);
    for (int i = 2; i < octets.length; i++) {
      octets[i] = random.nextBoolean() ? 0 : octets[i];
    }
    octets[0] |= 1; // No mapped IPv4, which documents cannot have.
    try {
      return octets.length == 4
          ? InetAddress.getByAddress(octets)
          : Inet6Address.getByAddress(null, octets, -1);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] octets(Random random, int length) {
    byte[] octets = new byte[length];
    random.nextBytes(octets);
    return octets;
  }
}
