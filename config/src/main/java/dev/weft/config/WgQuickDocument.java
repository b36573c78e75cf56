// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.overlay.OverlayConfig;
import dev.weft.peer.PeerConfig;
import dev.weft.peer.PrivateKey;
import dev.weft.transport.InterfaceAddress;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * A wg-quick {@code .conf} file: an interface and plain WireGuard peers. Immutable and thread-safe;
 * never prints a secret. Source: wg(8), wg-quick(8).
 *
 * <p>What wg-quick does to the system (DNS, routing tables, hooks) is read over with a warning.
 *
 * @param privateKey the interface's key
 * @param listenPort the UDP port; absent or 0 for any free one
 * @param addresses the interface's addresses
 * @param mtuOctets the largest inner packet; absent for the default
 * @param peers the peers, in document order
 * @param warnings what is odd about the document, or without effect here
 */
public record WgQuickDocument(
    PrivateKey privateKey,
    OptionalInt listenPort,
    List<InterfaceAddress> addresses,
    OptionalInt mtuOctets,
    List<PeerConfig> peers,
    List<ConfigWarning> warnings) {

  public WgQuickDocument {
    Objects.requireNonNull(privateKey, "privateKey");
    Objects.requireNonNull(listenPort, "listenPort");
    addresses = List.copyOf(addresses);
    Objects.requireNonNull(mtuOctets, "mtuOctets");
    peers = List.copyOf(peers);
    warnings = List.copyOf(warnings);
  }

  /**
   * Reads a document.
   *
   * @throws InvalidConfigurationException with every wrong line
   */
  public static WgQuickDocument parse(String text) {
    return new WgQuickReader(text).read();
  }

  /**
   * What of an overlay plain WireGuard can have: the interface, its plain peers, and a peer for
   * each host that its network's data let it reach directly. Peer exchange and Layer 2 are left
   * out, so that a host must then be reached where the data say.
   *
   * @throws InvalidConfigurationException if the network's data do not have the local host
   */
  public static WgQuickDocument of(OverlayConfig config) {
    return new WgQuickExport(config).document();
  }

  /**
   * The document as text, with the private key and preshared keys: a secret. It reads as this
   * document, but without the names of peers, which are comments, and with warnings of its own.
   *
   * @throws IllegalArgumentException if the host of an endpoint has a character that ends an entry
   */
  public String write() {
    return new WgQuickWriter().write(this);
  }

  /**
   * The overlay, in process and on all underlay addresses.
   *
   * @param name the overlay's name, 1 to 64 characters
   * @throws IllegalArgumentException if the name is not allowed
   */
  public OverlayConfig toOverlayConfig(String name) {
    InterfaceConfig.Builder interfaceConfig = InterfaceConfig.builder(privateKey);
    addresses.forEach(interfaceConfig::address);
    listenPort.ifPresent(interfaceConfig::listenPort);
    mtuOctets.ifPresent(interfaceConfig::mtuOctets);
    return OverlayConfig.builder(name, privateKey)
        .interfaceConfig(interfaceConfig.build())
        .peers(peers)
        .build();
  }
}
