// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.rtnetlink;

import java.net.InetAddress;
import java.util.Optional;

/**
 * A route.
 *
 * @param destination the first address of the prefix
 * @param prefixLength its length; 0 is a default route
 * @param table the routing table, an unsigned number; 254 is the main one
 * @param protocol who made it: {@code RTPROT_…} of {@code linux/rtnetlink.h}
 * @param type what happens to packets: {@code RTN_…}; 1 is unicast
 * @param metric the lower the better; 0 is the family's default
 * @param linkIndex the interface; 0 if there is none or several
 * @param gateway the next hop, if it is not the destination itself
 * @param source the source address of packets whose sender did not choose one
 */
public record Route(
    InetAddress destination,
    int prefixLength,
    int table,
    int protocol,
    int type,
    int metric,
    int linkIndex,
    Optional<InetAddress> gateway,
    Optional<InetAddress> source) {

  /** The main table. */
  public static final int TABLE_MAIN = 254;

  /** The table of the host's own addresses. */
  public static final int TABLE_LOCAL = 255;

  /** Made by the kernel: the network of an address. */
  public static final int PROTOCOL_KERNEL = 2;

  /** Made by the administrator. */
  public static final int PROTOCOL_STATIC = 4;

  /** To one host or gateway. */
  public static final int TYPE_UNICAST = 1;

  public Route {
    IpFamily.of(destination).checkPrefixLength(prefixLength);
  }

  /** A route of the main table, made by the administrator. */
  public static Builder to(InetAddress destination, int prefixLength) {
    return new Builder(destination, prefixLength);
  }

  /** The family of its addresses. */
  public IpFamily family() {
    return IpFamily.of(destination);
  }

  @Override
  public String toString() {
    return destination.getHostAddress()
        + "/"
        + prefixLength
        + " table "
        + Integer.toUnsignedString(table)
        + " interface "
        + linkIndex;
  }

  /** Makes routes. Not thread-safe. */
  public static final class Builder {

    private final InetAddress destination;
    private final int prefixLength;
    private int table = TABLE_MAIN;
    private int protocol = PROTOCOL_STATIC;
    private int type = TYPE_UNICAST;
    private int metric;
    private int linkIndex;
    private Optional<InetAddress> gateway = Optional.empty();
    private Optional<InetAddress> source = Optional.empty();

    private Builder(InetAddress destination, int prefixLength) {
      this.destination = destination;
      this.prefixLength = prefixLength;
    }

    /** The routing table. */
    public Builder table(int number) {
      table = number;
      return this;
    }

    /** Who makes it. */
    public Builder protocol(int number) {
      protocol = number;
      return this;
    }

    /** What happens to packets. */
    public Builder type(int number) {
      type = number;
      return this;
    }

    /** The lower the better. */
    public Builder metric(int value) {
      metric = value;
      return this;
    }

    /** The interface. */
    public Builder linkIndex(int index) {
      linkIndex = index;
      return this;
    }

    /** The next hop. */
    public Builder gateway(InetAddress address) {
      gateway = Optional.of(address);
      return this;
    }

    /** The source address that packets get. */
    public Builder source(InetAddress address) {
      source = Optional.of(address);
      return this;
    }

    /** The route. */
    public Route build() {
      return new Route(
          destination, prefixLength, table, protocol, type, metric, linkIndex, gateway, source);
    }
  }
}
