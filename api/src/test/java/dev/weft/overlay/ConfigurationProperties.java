// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.weft.peer.PeerConfig;
import dev.weft.peer.PresharedKey;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.TransportValues;
import java.net.Inet6Address;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class ConfigurationProperties {

  private static Arbitrary<byte[]> octets() {
    return Arbitraries.bytes().array(byte[].class).ofSize(32);
  }

  private static Arbitrary<Duration> keepalives() {
    return Arbitraries.integers().between(0, 65535).map(Duration::ofSeconds);
  }

  private static Arbitrary<String> names() {
    return Arbitraries.strings().alpha().ofMinLength(1).ofMaxLength(64);
  }

  @Provide
  Arbitrary<PeerConfig> peers() {
    return Combinators.combine(
            octets(),
            octets().optional(),
            TransportValues.endpointNames().optional(),
            TransportValues.prefixes().list().ofMaxSize(3),
            keepalives(),
            names().optional())
        .as(
            (key, psk, endpoint, prefixes, keepalive, name) ->
                new PeerConfig(
                    PublicKey.of(key),
                    psk.map(PresharedKey::of),
                    endpoint,
                    prefixes,
                    keepalive,
                    name));
  }

  @Provide
  Arbitrary<InterfaceConfig> interfaces() {
    return Combinators.combine(
            octets(),
            TransportValues.interfaceAddresses().list().ofMaxSize(3),
            Arbitraries.integers().between(0, 65535).optional(),
            TransportValues.addresses().optional(),
            Arbitraries.of(new PortKind.InProcess(), new PortKind.Tun("weft0")),
            Arbitraries.integers().between(576, 65535),
            Arbitraries.integers().between(4096, 1 << 24))
        .as(
            (key, addresses, port, bind, kind, mtu, buffer) -> {
              InterfaceConfig.Builder builder =
                  InterfaceConfig.builder(PrivateKey.of(key))
                      .portKind(kind)
                      .mtuOctets(mtu)
                      .socketBufferOctets(buffer);
              addresses.forEach(builder::address);
              port.ifPresent(builder::listenPort);
              bind.ifPresent(builder::bindAddress);
              return builder.build();
            });
  }

  @Provide
  Arbitrary<NetworkRevision> networks() {
    Arbitrary<Host> hosts =
        Combinators.combine(
                names(),
                octets(),
                TransportValues.ipv6(),
                TransportValues.endpointNames().optional(),
                Arbitraries.integers().between(0, 65535),
                names().optional())
            .as(
                (name, key, address, endpoint, port, gateway) -> {
                  Host.Builder builder =
                      Host.builder(name, PublicKey.of(key), (Inet6Address) address)
                          .port(port)
                          .pexPort(65535 - port)
                          .meta(Map.of("name", name));
                  endpoint.ifPresent(builder::endpoint);
                  gateway.ifPresent(builder::gateway);
                  return builder.build();
                });
    return Combinators.combine(
            hosts.list().uniqueElements(Host::name).uniqueElements(Host::key).ofMaxSize(3),
            Arbitraries.longs(),
            keepalives())
        .as(
            (list, version, keepalive) ->
                new NetworkRevision(version, list, List.of(), 51820, keepalive));
  }

  @Provide
  Arbitrary<OverlayConfig> overlays() {
    return Combinators.combine(
            names(),
            interfaces(),
            peers().list().uniqueElements(PeerConfig::publicKey).ofMaxSize(3),
            networks().optional(),
            keepalives().optional(),
            Arbitraries.of(true, false),
            names().optional())
        .as(
            (name, local, peers, network, keepalive, services, plane) -> {
              OverlayConfig.Builder builder =
                  OverlayConfig.builder(name, local.privateKey())
                      .interfaceConfig(local)
                      .peers(peers);
              network.ifPresent(builder::network);
              keepalive.ifPresent(builder::keepalive);
              plane.ifPresent(builder::dataPlane);
              if (services && network.isPresent()) {
                builder.pex(PexConfig.defaults()).vxlan(new VxlanConfig("l2"));
              }
              return builder.build();
            });
  }

  @Property(tries = 300)
  void aBuilderStartsWithTheConfigurationsValues(@ForAll("overlays") OverlayConfig config) {
    OverlayConfig same = config.toBuilder().build();

    assertEquals(config, same);
    assertEquals(config.hashCode(), same.hashCode());
    assertEquals(config.interfaceConfig(), config.interfaceConfig().toBuilder().build());
    for (PeerConfig peer : config.peers()) {
      assertEquals(peer, peer.toBuilder().build());
    }
  }

  @Property(tries = 300)
  void aChangeInABuilderChangesThatFieldAlone(
      @ForAll("overlays") OverlayConfig config, @ForAll("interfaces") InterfaceConfig local) {
    OverlayConfig changed = config.toBuilder().interfaceConfig(local).build();

    assertEquals(local, changed.interfaceConfig());
    assertEquals(config, changed.toBuilder().interfaceConfig(config.interfaceConfig()).build());
    assertNotEquals(config, config.toBuilder().dataPlane("another plane").build());
  }
}
