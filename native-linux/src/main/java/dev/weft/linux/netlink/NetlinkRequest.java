// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * A request under construction: first the family's fixed structure, field by field, then
 * attributes. The socket sets length, sequence number and the flags that say how it is answered.
 * Not thread-safe.
 */
public final class NetlinkRequest {

  /** Replace what is there. */
  public static final int REPLACE = 0x100;

  /** Fail if it is there already. */
  public static final int EXCLUSIVE = 0x200;

  /** Make it if it is not there. */
  public static final int CREATE = 0x400;

  static final int FLAG_REQUEST = 0x01;
  static final int FLAG_ACK = 0x04;
  static final int FLAG_DUMP = 0x300;

  private static final int NESTED = 0x8000;
  private static final int MAX_ATTRIBUTE_LENGTH = 0xffff;
  private static final int FIRST_CAPACITY = 256;

  private ByteBuffer octets = ByteBuffer.allocate(FIRST_CAPACITY).order(ByteOrder.nativeOrder());

  private NetlinkRequest(int type, int flags) {
    octets.putInt(0).putShort((short) type).putShort((short) (flags | FLAG_REQUEST));
    octets.putInt(0).putInt(0);
  }

  /**
   * Begins a request.
   *
   * @param type the family's number for it
   * @param flags {@link #REPLACE}, {@link #EXCLUSIVE}, {@link #CREATE} or 0
   */
  public static NetlinkRequest of(int type, int flags) {
    return new NetlinkRequest(type, flags);
  }

  /** Appends fields of one octet each to the fixed structure. */
  public NetlinkRequest u8(int... values) {
    reserve(values.length);
    for (int value : values) {
      octets.put((byte) value);
    }
    return this;
  }

  /** Appends a field of two octets. */
  public NetlinkRequest u16(int value) {
    reserve(Short.BYTES);
    octets.putShort((short) value);
    return this;
  }

  /** Appends a field of four octets. */
  public NetlinkRequest u32(int value) {
    reserve(Integer.BYTES);
    octets.putInt(value);
    return this;
  }

  /**
   * Appends an attribute.
   *
   * @throws IllegalArgumentException if it is longer than an attribute can be
   */
  public NetlinkRequest attribute(int type, byte[] value) {
    int length = NetlinkLayouts.ATTRIBUTE_HEADER_LENGTH + value.length;
    checkLength(type, length);
    pad();
    reserve(length);
    octets.putShort((short) length).putShort((short) type).put(value);
    pad();
    return this;
  }

  /** Appends an attribute of one octet. */
  public NetlinkRequest attributeU8(int type, int value) {
    return attribute(type, new byte[] {(byte) value});
  }

  /** Appends an attribute of two octets. */
  public NetlinkRequest attributeU16(int type, int value) {
    return attribute(
        type,
        ByteBuffer.allocate(Short.BYTES)
            .order(ByteOrder.nativeOrder())
            .putShort((short) value)
            .array());
  }

  /** Appends an attribute of four octets. */
  public NetlinkRequest attributeU32(int type, int value) {
    return attribute(
        type,
        ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder()).putInt(value).array());
  }

  /** Appends a text and the zero octet that ends it. */
  public NetlinkRequest attributeString(int type, String value) {
    byte[] text = value.getBytes(StandardCharsets.UTF_8);
    return attribute(type, Arrays.copyOf(text, text.length + 1));
  }

  /**
   * Appends an attribute that holds what the consumer appends.
   *
   * @throws IllegalArgumentException if it is longer than an attribute can be
   */
  public NetlinkRequest nested(int type, Consumer<NetlinkRequest> contents) {
    pad();
    int start = octets.position();
    reserve(NetlinkLayouts.ATTRIBUTE_HEADER_LENGTH);
    octets.putShort((short) 0).putShort((short) (type | NESTED));
    contents.accept(this);
    int length = octets.position() - start;
    checkLength(type, length);
    octets.putShort(start, (short) length);
    pad();
    return this;
  }

  /** The message, ready to be sent. */
  ByteBuffer encode(int answerFlags, int sequence) {
    ByteBuffer message = octets.duplicate().order(ByteOrder.nativeOrder()).flip();
    int flagsAt = NetlinkLayouts.offset(NetlinkLayouts.NLMSGHDR, "nlmsg_flags");
    message.putInt(0, message.limit());
    message.putShort(flagsAt, (short) (message.getShort(flagsAt) | answerFlags));
    message.putInt(NetlinkLayouts.offset(NetlinkLayouts.NLMSGHDR, "nlmsg_seq"), sequence);
    return message;
  }

  private static void checkLength(int type, int length) {
    if (length > MAX_ATTRIBUTE_LENGTH) {
      throw new IllegalArgumentException("attribute type " + type + ": " + length + " octets");
    }
  }

  private void pad() {
    int padding = NetlinkLayouts.aligned(octets.position()) - octets.position();
    reserve(padding);
    octets.put(new byte[padding]);
  }

  private void reserve(int more) {
    if (octets.remaining() < more) {
      int capacity = Math.max(2 * octets.capacity(), octets.position() + more);
      octets = ByteBuffer.allocate(capacity).order(ByteOrder.nativeOrder()).put(octets.flip());
    }
  }
}
