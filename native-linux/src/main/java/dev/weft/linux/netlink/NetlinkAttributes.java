// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The attributes of a message: a sequence of {@code struct nlattr} (length u16, type u16) with a
 * payload each, aligned to four octets, in the byte order of the machine. Nothing outside the given
 * octets is read. Immutable. Source: RFC 3549 §2.2, {@code linux/netlink.h}.
 */
public final class NetlinkAttributes {

  // The two upper bits say "nested" and "in network order". linux/netlink.h: NLA_TYPE_MASK
  private static final int TYPE_MASK = 0x3fff;

  private static final int TYPE_AT = NetlinkLayouts.offset(NetlinkLayouts.NLATTR, "nla_type");

  private final List<Attribute> attributes;

  private NetlinkAttributes(List<Attribute> attributes) {
    this.attributes = attributes;
  }

  /** One attribute. Its octets are a view. */
  private record Attribute(int type, ByteBuffer octets) {}

  /** Attributes in their order, for arrays: each element's type and what is nested in it. */
  public record Nested(int type, NetlinkAttributes attributes) {}

  /**
   * Reads attributes from the position to the limit.
   *
   * @throws MalformedMessageException if a length does not fit
   */
  public static NetlinkAttributes parse(ByteBuffer source) throws MalformedMessageException {
    ByteBuffer octets = source.slice().order(ByteOrder.nativeOrder());
    List<Attribute> attributes = new ArrayList<>();
    int at = 0;
    while (at < octets.limit()) {
      int left = octets.limit() - at;
      if (left < NetlinkLayouts.ATTRIBUTE_HEADER_LENGTH) {
        throw new MalformedMessageException("half an attribute header", at);
      }
      int length = Short.toUnsignedInt(octets.getShort(at));
      if (length < NetlinkLayouts.ATTRIBUTE_HEADER_LENGTH || length > left) {
        throw new MalformedMessageException("attribute of " + length + " octets", at);
      }
      attributes.add(
          new Attribute(
              octets.getShort(at + TYPE_AT) & TYPE_MASK,
              octets.slice(
                  at + NetlinkLayouts.ATTRIBUTE_HEADER_LENGTH,
                  length - NetlinkLayouts.ATTRIBUTE_HEADER_LENGTH)));
      at += Math.min(NetlinkLayouts.aligned(length), left);
    }
    return new NetlinkAttributes(attributes);
  }

  /** How many there are. */
  public int count() {
    return attributes.size();
  }

  /** Whether there is one of that type. */
  public boolean has(int type) {
    return find(type).isPresent();
  }

  /**
   * An unsigned octet.
   *
   * @throws MalformedMessageException if the attribute is shorter
   */
  public OptionalInt u8(int type) throws MalformedMessageException {
    Optional<ByteBuffer> octets = find(type, Byte.BYTES);
    return octets.isPresent()
        ? OptionalInt.of(Byte.toUnsignedInt(octets.get().get(0)))
        : OptionalInt.empty();
  }

  /**
   * An unsigned number of two octets.
   *
   * @throws MalformedMessageException if the attribute is shorter
   */
  public OptionalInt u16(int type) throws MalformedMessageException {
    Optional<ByteBuffer> octets = find(type, Short.BYTES);
    return octets.isPresent()
        ? OptionalInt.of(Short.toUnsignedInt(octets.get().getShort(0)))
        : OptionalInt.empty();
  }

  /**
   * The 32 bits of a number of four octets, signed or not.
   *
   * @throws MalformedMessageException if the attribute is shorter
   */
  public OptionalInt u32(int type) throws MalformedMessageException {
    Optional<ByteBuffer> octets = find(type, Integer.BYTES);
    return octets.isPresent() ? OptionalInt.of(octets.get().getInt(0)) : OptionalInt.empty();
  }

  /** A text, up to its first zero octet or its end. */
  public Optional<String> string(int type) {
    return octets(type)
        .map(
            octets -> {
              int length = 0;
              while (length < octets.length && octets[length] != 0) {
                length++;
              }
              return new String(octets, 0, length, StandardCharsets.UTF_8);
            });
  }

  /** A copy of the octets. */
  public Optional<byte[]> octets(int type) {
    return find(type)
        .map(
            octets -> {
              byte[] copy = new byte[octets.limit()];
              octets.get(0, copy);
              return copy;
            });
  }

  /**
   * The attributes in an attribute.
   *
   * @throws MalformedMessageException if there are no attributes in it
   */
  public Optional<NetlinkAttributes> nested(int type) throws MalformedMessageException {
    Optional<ByteBuffer> octets = find(type);
    return octets.isPresent() ? Optional.of(parse(octets.get())) : Optional.empty();
  }

  /**
   * All attributes in their order, each with those nested in it.
   *
   * @throws MalformedMessageException if there are no attributes in one of them
   */
  public List<Nested> elements() throws MalformedMessageException {
    List<Nested> elements = new ArrayList<>(attributes.size());
    for (Attribute attribute : attributes) {
      elements.add(new Nested(attribute.type(), parse(attribute.octets())));
    }
    return elements;
  }

  private Optional<ByteBuffer> find(int type, int length) throws MalformedMessageException {
    Optional<ByteBuffer> octets = find(type);
    if (octets.isPresent() && octets.get().limit() < length) {
      throw new MalformedMessageException("attribute type " + type + " is too short", 0);
    }
    return octets;
  }

  private Optional<ByteBuffer> find(int type) {
    for (Attribute attribute : attributes) {
      if (attribute.type() == type) {
        return Optional.of(attribute.octets().duplicate().order(ByteOrder.nativeOrder()));
      }
    }
    return Optional.empty();
  }
}
