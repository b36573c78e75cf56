// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

/** IPv6 header, RFC 8200 §3; big-endian; offsets in octets from the start of the packet. */
final class Ipv6Layout {
  static final int VERSION = 0; // u4 version 6, u8 traffic class, u20 flow label
  static final int PAYLOAD_LENGTH = VERSION + 4; // u16
  static final int NEXT_HEADER = PAYLOAD_LENGTH + 2; // u8
  static final int HOP_LIMIT = NEXT_HEADER + 1; // u8
  static final int SOURCE = HOP_LIMIT + 1; // 16 octets
  static final int DESTINATION = SOURCE + 16; // 16 octets
  static final int HEADER_LENGTH = DESTINATION + 16;

  static final int ADDRESS_LENGTH = 16;

  private Ipv6Layout() {}

  /** Whether a next-header value is an extension header: RFC 8200 §4 and IANA's registry. */
  static boolean isExtensionHeader(int nextHeader) {
    return switch (nextHeader) {
      case 0, 43, 44, 50, 51, 60, 135, 139, 140, 253, 254 -> true;
      default -> false;
    };
  }
}
