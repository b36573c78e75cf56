// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import dev.weft.peer.PresharedKey;
import dev.weft.peer.PrivateKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import java.net.Inet6Address;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/**
 * Writes the answer to {@code get}: the interface, then each peer, in the order of wireguard-go.
 */
final class DeviceText {

  private static final int KEY_LENGTH = 32;

  private DeviceText() {}

  static void writeInterface(DeviceConfiguration device, OctetWriter out) {
    device.privateKey().ifPresent(key -> writePrivateKey(key, out));
    if (device.listenPort() != 0) {
      out.line("listen_port", Integer.toString(device.listenPort()));
    }
    if (device.fwmark() != 0) {
      out.line("fwmark", Integer.toUnsignedString(device.fwmark()));
    }
  }

  static void writePeer(PeerConfiguration peer, OctetWriter out) {
    out.hexLine("public_key", peer.publicKey().octets());
    writePresharedKey(peer.presharedKey(), out);
    out.line("protocol_version", "1");
    peer.endpoint().ifPresent(endpoint -> out.line("endpoint", text(endpoint)));
    Instant handshake = peer.lastHandshake().orElse(Instant.EPOCH);
    out.line("last_handshake_time_sec", Long.toString(handshake.getEpochSecond()));
    out.line("last_handshake_time_nsec", Integer.toString(handshake.getNano()));
    out.line("tx_bytes", Long.toUnsignedString(peer.sentOctets()));
    out.line("rx_bytes", Long.toUnsignedString(peer.receivedOctets()));
    out.line(
        "persistent_keepalive_interval", Long.toString(peer.persistentKeepalive().toSeconds()));
    for (IpPrefix prefix : peer.allowedIps()) {
      out.line(
          "allowed_ip", IpNotation.text(prefix.address().getAddress()) + "/" + prefix.length());
    }
  }

  /** Ends an answer; the reference gives the number of errno.h negated, and wg expects it so. */
  static void writeEnd(int errno, OctetWriter out) {
    out.line("errno", Integer.toString(-errno));
    out.emptyLine();
  }

  private static void writePrivateKey(PrivateKey key, OctetWriter out) {
    byte[] octets = key.octets();
    // As the scalar multiplication takes it: RFC 7748 §5. So do the others that answer wg.
    octets[0] &= (byte) 0xf8;
    octets[31] &= 0x7f;
    octets[31] |= 0x40;
    out.hexLine("private_key", octets);
    Arrays.fill(octets, (byte) 0);
  }

  private static void writePresharedKey(Optional<PresharedKey> key, OctetWriter out) {
    byte[] octets = key.map(PresharedKey::octets).orElseGet(() -> new byte[KEY_LENGTH]);
    out.hexLine("preshared_key", octets);
    Arrays.fill(octets, (byte) 0);
  }

  private static String text(Endpoint endpoint) {
    String host = IpNotation.text(endpoint.address().getAddress());
    if (endpoint.address() instanceof Inet6Address address) {
      String zone = address.getScopeId() == 0 ? "" : "%" + address.getScopeId();
      return "[" + host + zone + "]:" + endpoint.port();
    }
    return host + ":" + endpoint.port();
  }
}
