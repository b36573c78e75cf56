// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

/**
 * ICMP and ICMPv6 messages, RFC 792 and RFC 4443; big-endian; offsets in octets from the start of
 * the message. Both versions share the layout of what is used here.
 */
final class IcmpLayout {
  static final int PROTOCOL_V4 = 1;
  static final int PROTOCOL_V6 = 58;

  static final int TYPE = 0; // u8
  static final int CODE = TYPE + 1; // u8
  static final int CHECKSUM = CODE + 1; // u16; with a pseudo-header in ICMPv6 alone
  static final int IDENTIFIER = CHECKSUM + 2; // u16, echo; zero in destination unreachable
  static final int SEQUENCE = IDENTIFIER + 2; // u16, echo; zero in destination unreachable
  static final int BODY = SEQUENCE + 2; // echo data, or the packet that caused an error

  private static final int ECHO_REPLY_V4 = 0;
  private static final int UNREACHABLE_V4 = 3;
  private static final int ECHO_REQUEST_V4 = 8;
  private static final int TIME_EXCEEDED_V4 = 11;
  private static final int PORT_UNREACHABLE_CODE_V4 = 3;
  private static final int UNREACHABLE_V6 = 1;
  private static final int TIME_EXCEEDED_V6 = 3;
  private static final int ECHO_REQUEST_V6 = 128;
  private static final int ECHO_REPLY_V6 = 129;
  private static final int PORT_UNREACHABLE_CODE_V6 = 4;

  private IcmpLayout() {}

  static int protocol(boolean ipv6) {
    return ipv6 ? PROTOCOL_V6 : PROTOCOL_V4;
  }

  static int echoRequest(boolean ipv6) {
    return ipv6 ? ECHO_REQUEST_V6 : ECHO_REQUEST_V4;
  }

  static int echoReply(boolean ipv6) {
    return ipv6 ? ECHO_REPLY_V6 : ECHO_REPLY_V4;
  }

  static int unreachable(boolean ipv6) {
    return ipv6 ? UNREACHABLE_V6 : UNREACHABLE_V4;
  }

  static int timeExceeded(boolean ipv6) {
    return ipv6 ? TIME_EXCEEDED_V6 : TIME_EXCEEDED_V4;
  }

  static int portUnreachableCode(boolean ipv6) {
    return ipv6 ? PORT_UNREACHABLE_CODE_V6 : PORT_UNREACHABLE_CODE_V4;
  }
}
