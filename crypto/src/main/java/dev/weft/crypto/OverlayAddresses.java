// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import dev.weft.peer.PublicKey;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * The overlay addresses of a PEX network: a network id of 8 octets, which is the /64 prefix, and
 * for each public key a host part of 8 octets. Immutable, thread-safe, equal by value. Source: PEX
 * §2.3.
 */
public final class OverlayAddresses {

  /** The port that stands for a network without id and without port. */
  public static final int DEFAULT_PORT = 51820;

  /** Bits of the network id. */
  public static final int PREFIX_LENGTH = 64;

  private static final int VNI_MASK = 0xff_ffff;

  /** The network id read as a little-endian number: both halves of the host hash's key. */
  private final long networkId;

  private OverlayAddresses(long hash) {
    // The first octet, which is the lowest here, makes it a unique local address.
    this.networkId = (hash & ~0xffL) | 0xfd;
  }

  /** The addresses of the network with this id; an empty id counts as one. */
  public static OverlayAddresses ofId(String id) {
    return new OverlayAddresses(SipHash.hash(0, 0, id.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * The addresses of a network without id.
   *
   * @param port the network's WireGuard port, {@link #DEFAULT_PORT} if it has none; all 32 bits
   *     count
   */
  public static OverlayAddresses ofPort(int port) {
    byte[] octets =
        ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(port).array();
    return new OverlayAddresses(SipHash.hash(0, 0, octets));
  }

  /**
   * The VXLAN network identifier of a service that configures none, 24 bits. Source: PEX §11.
   *
   * @param service the name of the service
   */
  public static int vni(String service) {
    return (int) SipHash.hash(0, 0, service.getBytes(StandardCharsets.UTF_8)) & VNI_MASK;
  }

  /** The 8 octets of the network id, as a new array; the first is 0xfd. */
  public byte[] networkId() {
    return SipHash.littleEndian(networkId);
  }

  /** The address of the host with this public key. */
  public Inet6Address address(PublicKey publicKey) {
    byte[] octets =
        ByteBuffer.allocate(16)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(networkId)
            .putLong(SipHash.hash(networkId, networkId, publicKey.octets()))
            .array();
    return inet6(octets);
  }

  /** Whether the address has this network's prefix. */
  public boolean contains(Inet6Address address) {
    return ByteBuffer.wrap(address.getAddress()).order(ByteOrder.LITTLE_ENDIAN).getLong()
        == networkId;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof OverlayAddresses addresses && addresses.networkId == networkId;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(networkId);
  }

  /** The prefix as 16 hexadecimal digits. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(networkId());
  }

  private static Inet6Address inet6(byte[] octets) {
    try {
      // 16 octets that start with 0xfd are never an IPv4-mapped address.
      return (Inet6Address) InetAddress.getByAddress(octets);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("16 octets are an IPv6 address", e);
    }
  }
}
