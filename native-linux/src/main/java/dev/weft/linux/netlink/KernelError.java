// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.netlink;

import java.nio.ByteBuffer;

/**
 * The end of an exchange: NLMSG_ERROR (error i32, header of the request, the request itself unless
 * capped, attributes) or NLMSG_DONE (error i32, attributes). Source: netlink(7), {@code
 * linux/netlink.h}.
 *
 * @param errno the positive error number; 0 is success
 * @param text what the kernel said about it; may be empty
 */
record KernelError(int errno, String text) {

  private static final int FLAG_CAPPED = 0x100;
  private static final int FLAG_ACK_TLVS = 0x200;
  private static final int ATTR_MSG = 1;
  private static final int MAX_TEXT_LENGTH = 256;

  static KernelError ofError(NetlinkMessage message) throws MalformedMessageException {
    int fixed = (int) NetlinkLayouts.NLMSGERR.byteSize();
    ByteBuffer header = message.header(fixed);
    int start = fixed;
    if ((message.flags() & FLAG_CAPPED) == 0) {
      int requestLength = header.getInt(NetlinkLayouts.offset(NetlinkLayouts.NLMSGERR, "msg"));
      int room = message.payload().limit() - Integer.BYTES;
      if (requestLength < NetlinkLayouts.HEADER_LENGTH || requestLength > room) {
        throw new MalformedMessageException("error about " + requestLength + " octets", 0);
      }
      start = Math.min(Integer.BYTES + NetlinkLayouts.aligned(requestLength), room);
    }
    return of(header.getInt(0), message, start);
  }

  static KernelError ofDone(NetlinkMessage message) throws MalformedMessageException {
    if (message.payload().limit() < Integer.BYTES) {
      return new KernelError(0, ""); // Families that end a dump themselves may leave it out.
    }
    return of(message.header(Integer.BYTES).getInt(0), message, Integer.BYTES);
  }

  private static KernelError of(int error, NetlinkMessage message, int attributesAt)
      throws MalformedMessageException {
    if (error > 0) {
      throw new MalformedMessageException("positive error " + error, 0);
    }
    String text = "";
    if (error != 0 && (message.flags() & FLAG_ACK_TLVS) != 0) {
      text = message.attributes(attributesAt).string(ATTR_MSG).orElse("");
    }
    return new KernelError(
        error == Integer.MIN_VALUE ? Integer.MAX_VALUE : -error, printable(text));
  }

  private static String printable(String text) {
    String bounded = text.length() > MAX_TEXT_LENGTH ? text.substring(0, MAX_TEXT_LENGTH) : text;
    return bounded.replaceAll("\\p{Cntrl}", " ").strip();
  }
}
