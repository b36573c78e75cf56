// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import dev.weft.pex.stun.StunMessage.BindingError;
import dev.weft.pex.stun.StunMessage.BindingRequest;
import dev.weft.pex.stun.StunMessage.BindingSuccess;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.List;

/** Writes messages. Padding is zero. Source: RFC 8489 §14. */
final class StunWriter {

  private static final int ATTRIBUTE_HEADER = 4;
  private static final int FINGERPRINT_LENGTH = ATTRIBUTE_HEADER + Integer.BYTES;

  private StunWriter() {}

  static ByteBuffer write(StunMessage message) {
    ByteBuffer target = ByteBuffer.allocate(256); // the longest has two IPv6 addresses: 76 octets
    target.position(StunMessage.HEADER_LENGTH);
    int type =
        switch (message) {
          case BindingRequest request -> writeRequest(request, target);
          case BindingSuccess success -> writeSuccess(success, target);
          case BindingError error -> writeError(error, target);
        };
    int octets = target.position() + (message.fingerprint() ? FINGERPRINT_LENGTH : 0);
    target.putShort(0, (short) type);
    target.putShort(2, (short) (octets - StunMessage.HEADER_LENGTH));
    target.putInt(4, StunReader.MAGIC_COOKIE);
    message.transaction().encode(target.slice(8, TransactionId.LENGTH));
    if (message.fingerprint()) {
      int value = StunReader.fingerprint(target, target.position());
      header(target, AttributeType.FINGERPRINT, Integer.BYTES).putInt(value);
    }
    return target.flip();
  }

  private static int writeRequest(BindingRequest request, ByteBuffer target) {
    request
        .responsePort()
        .ifPresent(
            port ->
                header(target, AttributeType.RESPONSE_PORT, Short.BYTES)
                    .putShort((short) port)
                    .putShort((short) 0));
    for (int unknown : request.unknownAttributes()) {
      header(target, unknown, 0);
    }
    return StunReader.REQUEST;
  }

  private static int writeSuccess(BindingSuccess success, ByteBuffer target) {
    success
        .xorMappedAddress()
        .ifPresent(
            endpoint -> {
              byte[] address = endpoint.address().getAddress();
              StunReader.xor(address, success.transaction());
              int port = endpoint.port() ^ StunReader.MAGIC_COOKIE >>> 16;
              writeAddress(AttributeType.XOR_MAPPED_ADDRESS, address, port, target);
            });
    success
        .mappedAddress()
        .ifPresent(
            endpoint ->
                writeAddress(
                    AttributeType.MAPPED_ADDRESS,
                    endpoint.address().getAddress(),
                    endpoint.port(),
                    target));
    return StunReader.SUCCESS;
  }

  private static void writeAddress(int type, byte[] address, int port, ByteBuffer target) {
    header(target, type, 4 + address.length)
        .put((byte) 0)
        .put((byte) (address.length == 4 ? 1 : 2))
        .putShort((short) port)
        .put(address);
  }

  /** Without a reason phrase: it would only make the answer longer than what it answers. */
  private static int writeError(BindingError error, ByteBuffer target) {
    header(target, AttributeType.ERROR_CODE, Integer.BYTES)
        .putShort((short) 0)
        .put((byte) (error.code() / 100))
        .put((byte) (error.code() % 100));
    List<Integer> unknown = error.unknownAttributes();
    if (!unknown.isEmpty()) {
      header(target, AttributeType.UNKNOWN_ATTRIBUTES, unknown.size() * Short.BYTES);
      unknown.forEach(type -> target.putShort(type.shortValue()));
      if (unknown.size() % 2 == 1) {
        target.putShort((short) 0);
      }
    }
    return StunReader.ERROR;
  }

  private static ByteBuffer header(ByteBuffer target, int type, int length) {
    return target.putShort((short) type).putShort((short) length);
  }

  /** An address of 4 or 16 octets; IPv4-mapped ones become IPv4 addresses. */
  static InetAddress inetAddress(byte[] octets) {
    try {
      return InetAddress.getByAddress(octets);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
