// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.transport.PacketBuffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Properties;

/** The recorded packets of {@code vectors/linux-inner-packets.properties}. */
final class LinuxPackets {

  private static final Properties PACKETS = new Properties();

  static {
    try (InputStream in =
        LinuxPackets.class.getResourceAsStream("/vectors/linux-inner-packets.properties")) {
      PACKETS.load(Objects.requireNonNull(in));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private LinuxPackets() {}

  static byte[] packet(String name) {
    return HexFormat.of().parseHex(Objects.requireNonNull(PACKETS.getProperty(name), name));
  }

  /** A buffer with the room that the plane's own have. */
  static PacketBuffer buffer(byte[] packet) {
    PacketBuffer buffer = PacketBuffer.allocate(InnerPacketWriter.HEAD_ROOM, packet.length + 64);
    buffer.copyFrom(packet, 0, packet.length);
    return buffer;
  }
}
