// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.peer.PeerConfig;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.util.stream.Collectors;

/** Writes wg-quick files. Source: wg(8), wg-quick(8). */
final class WgQuickWriter {

  private static final String ENTRY_BREAKERS = "#,=";

  private final StringBuilder text = new StringBuilder();

  String write(WgQuickDocument document) {
    text.append("[Interface]\n");
    line("PrivateKey", document.privateKey().exportBase64());
    document.listenPort().ifPresent(port -> line("ListenPort", Integer.toString(port)));
    if (!document.addresses().isEmpty()) {
      line(
          "Address",
          document.addresses().stream()
              .map(InterfaceAddress::toString)
              .collect(Collectors.joining(", ")));
    }
    document.mtuOctets().ifPresent(octets -> line("MTU", Integer.toString(octets)));
    document.peers().forEach(this::peer);
    return text.toString();
  }

  private void peer(PeerConfig peer) {
    text.append("\n[Peer]\n");
    peer.name().ifPresent(name -> text.append("# ").append(Describe.printable(name)).append('\n'));
    line("PublicKey", peer.publicKey().toString());
    peer.presharedKey().ifPresent(key -> line("PresharedKey", key.exportBase64()));
    peer.endpoint()
        .ifPresent(
            endpoint -> {
              if (endpoint.host().chars().anyMatch(c -> ENTRY_BREAKERS.indexOf(c) >= 0)) {
                throw new IllegalArgumentException(
                    "peers: the endpoint " + endpoint + " cannot be written to a wg-quick file");
              }
              line("Endpoint", endpoint.toString());
            });
    if (!peer.allowedIps().isEmpty()) {
      line(
          "AllowedIPs",
          peer.allowedIps().stream().map(IpPrefix::toString).collect(Collectors.joining(", ")));
    }
    if (!peer.persistentKeepalive().isZero()) {
      line("PersistentKeepalive", Long.toString(peer.persistentKeepalive().toSeconds()));
    }
  }

  private void line(String key, String value) {
    text.append(key).append(" = ").append(value).append('\n');
  }
}
