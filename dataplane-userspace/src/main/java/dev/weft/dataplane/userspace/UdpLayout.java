// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

/** UDP header, RFC 768; big-endian; offsets in octets from the start of the header. */
final class UdpLayout {
  static final int PROTOCOL = 17;

  static final int SOURCE_PORT = 0; // u16
  static final int DESTINATION_PORT = SOURCE_PORT + 2; // u16
  static final int LENGTH = DESTINATION_PORT + 2; // u16, this header included
  static final int CHECKSUM = LENGTH + 2; // u16
  static final int PAYLOAD = CHECKSUM + 2;

  private UdpLayout() {}
}
