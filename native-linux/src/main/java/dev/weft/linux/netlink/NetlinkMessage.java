// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A received message: {@code struct nlmsghdr} (length u32, type u16, flags u16, sequence u32, port
 * u32) and a payload, in the byte order of the machine. Source: netlink(7).
 */
public final class NetlinkMessage {

  static final int TYPE_NOOP = 1;
  static final int TYPE_ERROR = 2;
  static final int TYPE_DONE = 3;
  static final int TYPE_OVERRUN = 4;

  static final int FLAG_MULTI = 0x02;
  static final int FLAG_DUMP_INTR = 0x10;

  private static final int TYPE_AT = NetlinkLayouts.offset(NetlinkLayouts.NLMSGHDR, "nlmsg_type");
  private static final int FLAGS_AT = NetlinkLayouts.offset(NetlinkLayouts.NLMSGHDR, "nlmsg_flags");
  private static final int SEQUENCE_AT =
      NetlinkLayouts.offset(NetlinkLayouts.NLMSGHDR, "nlmsg_seq");

  private final int type;
  private final int flags;
  private final int sequence;
  private final ByteBuffer payload;

  private NetlinkMessage(int type, int flags, int sequence, ByteBuffer payload) {
    this.type = type;
    this.flags = flags;
    this.sequence = sequence;
    this.payload = payload;
  }

  /**
   * Splits a datagram into its messages.
   *
   * @throws MalformedMessageException if a length does not fit
   */
  public static List<NetlinkMessage> split(ByteBuffer datagram) throws MalformedMessageException {
    ByteBuffer octets = datagram.slice().order(ByteOrder.nativeOrder());
    List<NetlinkMessage> messages = new ArrayList<>();
    int at = 0;
    while (at < octets.limit()) {
      int left = octets.limit() - at;
      if (left < NetlinkLayouts.HEADER_LENGTH) {
        throw new MalformedMessageException("half a message header", at);
      }
      int length = octets.getInt(at);
      if (length < NetlinkLayouts.HEADER_LENGTH || length > left) {
        throw new MalformedMessageException("message of " + length + " octets", at);
      }
      ByteBuffer payload =
          octets.slice(at + NetlinkLayouts.HEADER_LENGTH, length - NetlinkLayouts.HEADER_LENGTH);
      messages.add(
          new NetlinkMessage(
              Short.toUnsignedInt(octets.getShort(at + TYPE_AT)),
              Short.toUnsignedInt(octets.getShort(at + FLAGS_AT)),
              octets.getInt(at + SEQUENCE_AT),
              payload));
      // Only here may the padding of the last message be missing; length is at most left.
      at += Math.min(NetlinkLayouts.aligned(length), left);
    }
    return messages;
  }

  /** What kind of message it is; the family defines the numbers from 16 on. */
  public int type() {
    return type;
  }

  /** The flags of the header. */
  public int flags() {
    return flags;
  }

  int sequence() {
    return sequence;
  }

  /** A new view of the payload, in the byte order of the machine. */
  public ByteBuffer payload() {
    return payload.duplicate().order(ByteOrder.nativeOrder());
  }

  /**
   * The fixed structure that a family's payloads start with.
   *
   * @param length its size
   * @throws MalformedMessageException if the payload is shorter
   */
  public ByteBuffer header(int length) throws MalformedMessageException {
    if (payload.limit() < length) {
      throw new MalformedMessageException("message type " + type + " is too short", 0);
    }
    return payload.slice(0, length).order(ByteOrder.nativeOrder());
  }

  /**
   * The attributes that follow the fixed structure.
   *
   * @param headerLength the size of that structure
   * @throws MalformedMessageException if they do not fit into the payload
   */
  public NetlinkAttributes attributes(int headerLength) throws MalformedMessageException {
    int start = NetlinkLayouts.aligned(headerLength);
    if (payload.limit() < start) {
      throw new MalformedMessageException("message type " + type + " is too short", 0);
    }
    return NetlinkAttributes.parse(payload.slice(start, payload.limit() - start));
  }
}
