// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

/** IPv4 header, RFC 791 §3.1; big-endian; offsets in octets from the start of the packet. */
final class Ipv4Layout {
  static final int VERSION_AND_LENGTH = 0; // u4 version 4, u4 header length in words of 4 octets
  static final int TYPE_OF_SERVICE = VERSION_AND_LENGTH + 1; // u8
  static final int TOTAL_LENGTH = TYPE_OF_SERVICE + 1; // u16
  static final int IDENTIFICATION = TOTAL_LENGTH + 2; // u16
  static final int FRAGMENT = IDENTIFICATION + 2; // u3 flags, u13 offset
  static final int TIME_TO_LIVE = FRAGMENT + 2; // u8
  static final int PROTOCOL = TIME_TO_LIVE + 1; // u8
  static final int CHECKSUM = PROTOCOL + 1; // u16
  static final int SOURCE = CHECKSUM + 2; // 4 octets
  static final int DESTINATION = SOURCE + 4; // 4 octets
  static final int HEADER_LENGTH = DESTINATION + 4; // without options

  static final int ADDRESS_LENGTH = 4;
  static final int DONT_FRAGMENT = 0x4000;
  static final int MORE_FRAGMENTS_AND_OFFSET = 0x3fff;

  private Ipv4Layout() {}
}
