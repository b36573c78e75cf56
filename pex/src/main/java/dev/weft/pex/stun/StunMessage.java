// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A message of the binding method. Big-endian. Immutable and thread-safe. Source: RFC 8489 §5, §14.
 *
 * <pre>
 *   0   2  type: 0x0001 request, 0x0101 success, 0x0111 error
 *   2   2  length of the attributes, a multiple of 4
 *   4   4  magic cookie 0x2112a442
 *   8  12  transaction id
 *  20      attributes: type u16, length u16, value, padding to a multiple of 4
 * </pre>
 *
 * <p>Messages without the magic cookie are refused: a server of RFC 3489 echoes the cookie of the
 * request as a part of its longer transaction id, so nothing is lost by that on the client's side.
 */
public sealed interface StunMessage {

  /** Octets of the header. */
  int HEADER_LENGTH = 20;

  /** The longest message that is read. */
  int MAX_LENGTH = 1280;

  /** How many unknown attributes of a message are told; more are left out. */
  int MAX_UNKNOWN_ATTRIBUTES = 8;

  /** What ties requests and responses together. */
  TransactionId transaction();

  /** Whether the message ends with FINGERPRINT. What is read has a correct one, or none. */
  boolean fingerprint();

  /**
   * Asks for one's own address.
   *
   * @param responsePort the port to answer to instead of the source port. RFC 5780 §7.5
   * @param unknownAttributes the numbers of attributes that had to be understood and were not, at
   *     most {@link #MAX_UNKNOWN_ATTRIBUTES}; written without a value
   */
  record BindingRequest(
      TransactionId transaction,
      OptionalInt responsePort,
      List<Integer> unknownAttributes,
      boolean fingerprint)
      implements StunMessage {

    public BindingRequest {
      Objects.requireNonNull(transaction, "transaction");
      responsePort.ifPresent(port -> requireUnsigned(port, 0xffff, "responsePort"));
      unknownAttributes = requireAttributes(unknownAttributes);
    }

    /** A request without attributes. */
    public BindingRequest(TransactionId transaction) {
      this(transaction, OptionalInt.empty(), List.of(), false);
    }
  }

  /**
   * Tells the address that a request came from.
   *
   * @param xorMappedAddress the address as no NAT on the way can have rewritten it
   * @param mappedAddress the same in clear, all that servers of RFC 3489 send
   */
  record BindingSuccess(
      TransactionId transaction,
      Optional<Endpoint> xorMappedAddress,
      Optional<Endpoint> mappedAddress,
      boolean fingerprint)
      implements StunMessage {

    public BindingSuccess {
      Objects.requireNonNull(transaction, "transaction");
      Objects.requireNonNull(xorMappedAddress, "xorMappedAddress");
      Objects.requireNonNull(mappedAddress, "mappedAddress");
    }

    /** The better of the two addresses. */
    public Optional<Endpoint> reflexive() {
      return xorMappedAddress.or(() -> mappedAddress);
    }
  }

  /**
   * Refuses a request.
   *
   * @param code 300 to 699
   * @param unknownAttributes those of the request, for code 420
   */
  record BindingError(
      TransactionId transaction, int code, List<Integer> unknownAttributes, boolean fingerprint)
      implements StunMessage {

    /** The request cannot be understood. */
    public static final int BAD_REQUEST = 400;

    /** The request has attributes that must be understood and are not. */
    public static final int UNKNOWN_ATTRIBUTE = 420;

    public BindingError {
      Objects.requireNonNull(transaction, "transaction");
      if (code < 300 || code > 699) {
        throw new IllegalArgumentException("code: " + code + " is not in 300 to 699");
      }
      unknownAttributes = requireAttributes(unknownAttributes);
    }
  }

  /**
   * Reads a message.
   *
   * @param datagram from its position to its limit; unchanged
   * @throws MalformedStunException if it is no message of the binding method
   */
  static StunMessage decode(ByteBuffer datagram) throws MalformedStunException {
    return StunReader.read(datagram);
  }

  /** The octets of the message, ready to be read. */
  default ByteBuffer encode() {
    return StunWriter.write(this);
  }

  /**
   * Whether a datagram looks like a binding request: the header alone is looked at. No WireGuard
   * message and no PEX message of version 0 that is accepted outside of the tunnel looks so.
   *
   * @param datagram from its position to its limit; unchanged
   */
  static boolean isRequest(ByteBuffer datagram) {
    return StunReader.hasHeader(datagram) && StunReader.type(datagram) == StunReader.REQUEST;
  }

  /**
   * Whether a datagram looks like an answer to a binding request: the header alone is looked at. No
   * WireGuard message looks so: those have three zero octets after their type.
   *
   * @param datagram from its position to its limit; unchanged
   */
  static boolean isResponse(ByteBuffer datagram) {
    if (!StunReader.hasHeader(datagram)) {
      return false;
    }
    int type = StunReader.type(datagram);
    return type == StunReader.SUCCESS || type == StunReader.ERROR;
  }

  private static List<Integer> requireAttributes(List<Integer> types) {
    if (types.size() > MAX_UNKNOWN_ATTRIBUTES) {
      throw new IllegalArgumentException("unknownAttributes: more than " + MAX_UNKNOWN_ATTRIBUTES);
    }
    types.forEach(type -> requireUnsigned(type, 0xffff, "unknownAttributes"));
    return List.copyOf(types);
  }

  private static void requireUnsigned(int value, int greatest, String name) {
    if (value < 0 || value > greatest) {
      throw new IllegalArgumentException(name + ": " + value + " is not in 0 to " + greatest);
    }
  }
}
