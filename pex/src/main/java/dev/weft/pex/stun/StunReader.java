// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import dev.weft.pex.stun.MalformedStunException.Reason;
import dev.weft.pex.stun.StunMessage.BindingError;
import dev.weft.pex.stun.StunMessage.BindingRequest;
import dev.weft.pex.stun.StunMessage.BindingSuccess;
import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** Reads one message. Of an attribute that comes twice the first counts. Source: RFC 8489 §14. */
final class StunReader {

  static final int REQUEST = 0x0001;
  static final int SUCCESS = 0x0101;
  static final int ERROR = 0x0111;
  static final int MAGIC_COOKIE = 0x2112a442;

  /** What FINGERPRINT is xored with, so that it differs from other CRCs. RFC 8489 §14.7. */
  static final int FINGERPRINT_XOR = 0x5354554e;

  private static final int LENGTH = 2; // u16, after type u16
  private static final int COOKIE = LENGTH + Short.BYTES;
  private static final int TRANSACTION = COOKIE + Integer.BYTES;
  private static final int IPV4 = 1;
  private static final int IPV6 = 2;

  private final ByteBuffer message;
  private final int type;
  private final TransactionId transaction;
  private final List<Integer> unknown = new ArrayList<>();
  private @Nullable Endpoint xorMapped;
  private @Nullable Endpoint oldXorMapped;
  private @Nullable Endpoint mapped;
  private @Nullable Integer responsePort;
  private @Nullable Integer errorCode;
  private @Nullable List<Integer> reportedUnknown;
  private boolean fingerprint;

  private StunReader(ByteBuffer message) {
    this.message = message;
    type = Short.toUnsignedInt(message.getShort(0));
    transaction = TransactionId.decode(message.slice(TRANSACTION, TransactionId.LENGTH));
  }

  /** The type of a datagram that has a header. */
  static int type(ByteBuffer datagram) {
    return unsignedShort(datagram, datagram.position());
  }

  /** Whether length, cookie and the first two bits are those of a STUN message. */
  static boolean hasHeader(ByteBuffer datagram) {
    int at = datagram.position();
    int octets = datagram.remaining();
    return octets >= StunMessage.HEADER_LENGTH
        && (datagram.get(at) & 0xc0) == 0
        && (octets & 3) == 0
        && unsignedShort(datagram, at + LENGTH) == octets - StunMessage.HEADER_LENGTH
        && unsignedShort(datagram, at + COOKIE) == MAGIC_COOKIE >>> 16
        && unsignedShort(datagram, at + COOKIE + 2) == (MAGIC_COOKIE & 0xffff);
  }

  /** Whatever the byte order of the buffer is: it belongs to someone else. */
  private static int unsignedShort(ByteBuffer datagram, int at) {
    return Byte.toUnsignedInt(datagram.get(at)) << 8 | Byte.toUnsignedInt(datagram.get(at + 1));
  }

  static StunMessage read(ByteBuffer datagram) throws MalformedStunException {
    int octets = datagram.remaining();
    if (octets < StunMessage.HEADER_LENGTH) {
      throw new MalformedStunException(Reason.TOO_SHORT, octets);
    }
    if (octets > StunMessage.MAX_LENGTH) {
      throw new MalformedStunException(Reason.TOO_LONG, StunMessage.MAX_LENGTH);
    }
    ByteBuffer message = datagram.slice().order(ByteOrder.BIG_ENDIAN);
    if ((message.get(0) & 0xc0) != 0 || message.getInt(COOKIE) != MAGIC_COOKIE) {
      throw new MalformedStunException(Reason.NOT_STUN, 0);
    }
    if (!hasHeader(message)) {
      throw new MalformedStunException(Reason.LENGTH, LENGTH);
    }
    return new StunReader(message).read();
  }

  private StunMessage read() throws MalformedStunException {
    if (type != REQUEST && type != SUCCESS && type != ERROR) {
      throw new MalformedStunException(Reason.OTHER_TYPE, 0);
    }
    message.position(StunMessage.HEADER_LENGTH);
    while (message.hasRemaining()) {
      // The length is a multiple of four, so an attribute's header is complete.
      int start = message.position();
      int attribute = Short.toUnsignedInt(message.getShort());
      int length = Short.toUnsignedInt(message.getShort());
      int padded = (length + 3) & ~3;
      if (fingerprint) {
        throw new MalformedStunException(Reason.FINGERPRINT, start);
      }
      if (padded > message.remaining()) {
        throw new MalformedStunException(Reason.TRUNCATED, start);
      }
      ByteBuffer value = message.slice(message.position(), length).order(ByteOrder.BIG_ENDIAN);
      readAttribute(attribute, value, start);
      message.position(message.position() + padded);
    }
    return switch (type) {
      case REQUEST -> new BindingRequest(transaction, optional(responsePort), unknown, fingerprint);
      case SUCCESS -> success();
      default -> error();
    };
  }

  private StunMessage success() {
    Endpoint xor = xorMapped == null ? oldXorMapped : xorMapped;
    return new BindingSuccess(
        transaction, Optional.ofNullable(xor), Optional.ofNullable(mapped), fingerprint);
  }

  private StunMessage error() throws MalformedStunException {
    if (errorCode == null) {
      throw new MalformedStunException(Reason.ATTRIBUTE, message.limit());
    }
    List<Integer> reported = reportedUnknown == null ? List.of() : reportedUnknown;
    return new BindingError(transaction, errorCode, reported, fingerprint);
  }

  private static OptionalInt optional(@Nullable Integer value) {
    return value == null ? OptionalInt.empty() : OptionalInt.of(value);
  }

  private void readAttribute(int attribute, ByteBuffer value, int start)
      throws MalformedStunException {
    switch (attribute) {
      case AttributeType.XOR_MAPPED_ADDRESS -> {
        if (xorMapped == null && type == SUCCESS) {
          xorMapped = address(value, true, start);
        }
      }
      case AttributeType.MAPPED_ADDRESS -> {
        if (mapped == null && type == SUCCESS) {
          mapped = address(value, false, start);
        }
      }
      case AttributeType.OLD_XOR_MAPPED_ADDRESS -> readOldXorMapped(value, start);
      case AttributeType.RESPONSE_PORT -> {
        if (responsePort == null && type == REQUEST) {
          readResponsePort(value, start);
        }
      }
      case AttributeType.CHANGE_REQUEST -> {
        // Clients of RFC 3489 send it with no flag set, which asks for nothing.
        if (type == REQUEST && (value.remaining() != Integer.BYTES || value.getInt() != 0)) {
          notUnderstood(attribute, start);
        }
      }
      case AttributeType.ERROR_CODE -> readErrorCode(value, start);
      case AttributeType.UNKNOWN_ATTRIBUTES -> readUnknownAttributes(value);
      case AttributeType.FINGERPRINT -> checkFingerprint(value, start);
      default -> {
        boolean understood =
            type == REQUEST
                ? AttributeType.isUnderstoodInRequest(attribute)
                : AttributeType.isUnderstoodInResponse(attribute);
        if (!understood) {
          notUnderstood(attribute, start);
        }
      }
    }
  }

  /** Some clients count the two octets of padding. RFC 5780 §7.5 leaves that open. */
  private void readResponsePort(ByteBuffer value, int start) throws MalformedStunException {
    if (value.remaining() != Short.BYTES && value.remaining() != Integer.BYTES) {
      throw new MalformedStunException(Reason.ATTRIBUTE, start);
    }
    responsePort = Short.toUnsignedInt(value.getShort());
  }

  /** RFC 8489 §6.3.1: a request is refused with their names; §6.3.3: a response is discarded. */
  private void notUnderstood(int attribute, int start) throws MalformedStunException {
    if (type != REQUEST) {
      throw new MalformedStunException(Reason.UNKNOWN_ATTRIBUTE, start);
    }
    if (unknown.size() < StunMessage.MAX_UNKNOWN_ATTRIBUTES && !unknown.contains(attribute)) {
      unknown.add(attribute);
    }
  }

  /** It need not be understood, so a strange one is ignored. */
  private void readOldXorMapped(ByteBuffer value, int start) {
    if (oldXorMapped == null && type == SUCCESS) {
      try {
        oldXorMapped = address(value, true, start);
      } catch (MalformedStunException e) {
        oldXorMapped = null;
      }
    }
  }

  private void readErrorCode(ByteBuffer value, int start) throws MalformedStunException {
    if (type != ERROR || errorCode != null) {
      return;
    }
    if (value.remaining() < Integer.BYTES) {
      throw new MalformedStunException(Reason.ATTRIBUTE, start);
    }
    int hundreds = value.get(2) & 7;
    int number = Byte.toUnsignedInt(value.get(3));
    if (hundreds < 3 || hundreds > 6 || number > 99) {
      throw new MalformedStunException(Reason.ATTRIBUTE, start);
    }
    errorCode = hundreds * 100 + number;
  }

  private void readUnknownAttributes(ByteBuffer value) {
    if (type != ERROR || reportedUnknown != null) {
      return;
    }
    reportedUnknown = new ArrayList<>();
    while (value.remaining() >= Short.BYTES
        && reportedUnknown.size() < StunMessage.MAX_UNKNOWN_ATTRIBUTES) {
      reportedUnknown.add(Short.toUnsignedInt(value.getShort()));
    }
  }

  private void checkFingerprint(ByteBuffer value, int start) throws MalformedStunException {
    // It is the last attribute, so the length in the header already counts it as it should.
    if (value.remaining() != Integer.BYTES || value.getInt() != fingerprint(message, start)) {
      throw new MalformedStunException(Reason.FINGERPRINT, start);
    }
    fingerprint = true;
  }

  /** The value of FINGERPRINT of the first octets of a message. RFC 8489 §14.7. */
  static int fingerprint(ByteBuffer message, int octets) {
    CRC32 crc = new CRC32();
    crc.update(message.slice(0, octets));
    return (int) crc.getValue() ^ FINGERPRINT_XOR;
  }

  private Endpoint address(ByteBuffer value, boolean xored, int start)
      throws MalformedStunException {
    if (value.remaining() < Integer.BYTES) {
      throw new MalformedStunException(Reason.ATTRIBUTE, start);
    }
    value.get(); // reserved
    int family = value.get();
    int port = Short.toUnsignedInt(value.getShort());
    int octets = family == IPV4 ? 4 : 16;
    if ((family != IPV4 && family != IPV6) || value.remaining() != octets) {
      throw new MalformedStunException(Reason.ATTRIBUTE, start);
    }
    byte[] address = new byte[octets];
    value.get(address);
    if (xored) {
      port ^= MAGIC_COOKIE >>> 16;
      xor(address, transaction);
    }
    return new Endpoint(StunWriter.inetAddress(address), port);
  }

  /** With the cookie and then the transaction id. RFC 8489 §14.2. */
  static void xor(byte[] address, TransactionId transaction) {
    ByteBuffer mask = ByteBuffer.allocate(Integer.BYTES + TransactionId.LENGTH);
    mask.putInt(MAGIC_COOKIE);
    transaction.encode(mask);
    for (int i = 0; i < address.length; i++) {
      address[i] ^= mask.get(i);
    }
  }
}
