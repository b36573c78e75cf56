// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

/** Numbers of attributes. Sources: RFC 8489 §18.3, RFC 5780 §7, RFC 3489 §11.2. */
final class AttributeType {

  static final int MAPPED_ADDRESS = 0x0001;
  static final int CHANGE_REQUEST = 0x0003;
  static final int ERROR_CODE = 0x0009;
  static final int UNKNOWN_ATTRIBUTES = 0x000a;
  static final int XOR_MAPPED_ADDRESS = 0x0020;
  static final int RESPONSE_PORT = 0x0027;

  /** XOR-MAPPED-ADDRESS before it had a number of its own, as old servers still send it. */
  static final int OLD_XOR_MAPPED_ADDRESS = 0x8020;

  static final int FINGERPRINT = 0x8028;

  /** From here on, whoever does not understand an attribute may ignore it. RFC 8489 §14. */
  static final int FIRST_OPTIONAL = 0x8000;

  private AttributeType() {}

  /**
   * Whether a server without authentication understands it in a request: what belongs to RFC 8489
   * and is of no use there is ignored, as are credentials.
   */
  static boolean isUnderstoodInRequest(int type) {
    return switch (type) {
      case MAPPED_ADDRESS, ERROR_CODE, UNKNOWN_ATTRIBUTES, XOR_MAPPED_ADDRESS -> true;
      case RESPONSE_PORT -> true;
      // USERNAME, MESSAGE-INTEGRITY, REALM, NONCE and their successors.
      case 0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e -> true;
      default -> type >= FIRST_OPTIONAL;
    };
  }

  /**
   * Whether a client understands it in a response. Servers of RFC 3489 send SOURCE-ADDRESS,
   * CHANGED-ADDRESS and their like, which later became reserved numbers.
   */
  static boolean isUnderstoodInResponse(int type) {
    return switch (type) {
      case 0x0002, CHANGE_REQUEST, 0x0004, 0x0005, 0x0007, 0x000b -> true;
      default -> isUnderstoodInRequest(type);
    };
  }
}
