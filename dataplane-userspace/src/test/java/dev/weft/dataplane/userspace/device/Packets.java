// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import java.net.InetAddress;
import java.nio.ByteBuffer;

/** IP packets with a recognisable payload. */
final class Packets {

  private Packets() {}

  static byte[] ipv4(String source, String destination, int payload) {
    ByteBuffer packet = ByteBuffer.allocate(20 + payload);
    packet.put((byte) 0x45).put((byte) 0).putShort((short) (20 + payload));
    packet.position(8);
    packet.put((byte) 64).put((byte) 17).putShort((short) 0);
    packet.put(InetAddress.ofLiteral(source).getAddress());
    packet.put(InetAddress.ofLiteral(destination).getAddress());
    fill(packet);
    return packet.array();
  }

  static byte[] ipv6(String source, String destination, int payload) {
    ByteBuffer packet = ByteBuffer.allocate(40 + payload);
    packet.putInt(0x60000000).putShort((short) payload).put((byte) 17).put((byte) 64);
    packet.put(InetAddress.ofLiteral(source).getAddress());
    packet.put(InetAddress.ofLiteral(destination).getAddress());
    fill(packet);
    return packet.array();
  }

  private static void fill(ByteBuffer packet) {
    for (int i = 1; packet.hasRemaining(); i++) {
      packet.put((byte) i);
    }
  }
}
