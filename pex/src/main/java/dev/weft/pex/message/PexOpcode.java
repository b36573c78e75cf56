// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import java.util.Optional;

/** The kinds of messages; {@link #code()} is the octet on the wire. Source: PEX §6. */
public enum PexOpcode {
  HELLO,
  NOTIFY_PEERS,
  QUERY,
  PING,
  PONG,
  UPDATE_REQUEST,
  UPDATE_RESPONSE,
  UPDATE_RESPONSE_DATA,
  UPDATE_RESPONSE_NO_DATA,
  ENDPOINT_NOTIFY,
  ENDPOINT_PORT_NOTIFY,
  ENROLL,
  UPDATE_RESPONSE_REFUSED;

  private static final PexOpcode[] BY_CODE = values();

  /** The octet on the wire: the constants stand in its order, from 0. */
  @SuppressWarnings("EnumOrdinal") // the order is the protocol's
  public int code() {
    return ordinal();
  }

  /** The opcode with this number, if there is one. */
  public static Optional<PexOpcode> of(int code) {
    return code >= 0 && code < BY_CODE.length ? Optional.of(BY_CODE[code]) : Optional.empty();
  }
}
