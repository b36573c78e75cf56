// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Cryptokey routing: which peer an address belongs to, by the longest prefix. Two binary tries with
 * path compression, one for each version of IP. Immutable and thread-safe: a change gives another
 * table that shares what did not change. Addresses are given as 128 bits in two halves, an IPv4
 * address in the top 32 bits of the first. Source: WG §2.
 *
 * @param <P> what a prefix leads to
 */
final class AllowedIps<P> {

  /** A prefix, its value if it is more than a fork, and what is below it; compared by identity. */
  private static final class Node<P> {
    /** The first half of the prefix, with the host bits zero. */
    private final long high;

    private final long low;

    /** Bits of the prefix. */
    private final int length;

    private final @Nullable P value;

    /** What continues with a 0 bit. */
    private final @Nullable Node<P> zero;

    /** What continues with a 1 bit. */
    private final @Nullable Node<P> one;

    Node(
        long high,
        long low,
        int length,
        @Nullable P value,
        @Nullable Node<P> zero,
        @Nullable Node<P> one) {
      this.high = high;
      this.low = low;
      this.length = length;
      this.value = value;
      this.zero = zero;
      this.one = one;
    }

    boolean covers(long addressHigh, long addressLow) {
      return commonLength(high, low, addressHigh, addressLow) >= length;
    }

    Node<P> withValue(@Nullable P newValue) {
      return new Node<>(high, low, length, newValue, zero, one);
    }

    Node<P> withChild(boolean isOne, @Nullable Node<P> child) {
      return isOne
          ? new Node<>(high, low, length, value, zero, child)
          : new Node<>(high, low, length, value, child, one);
    }
  }

  private final @Nullable Node<P> ipv4;
  private final @Nullable Node<P> ipv6;

  private AllowedIps(@Nullable Node<P> ipv4, @Nullable Node<P> ipv6) {
    this.ipv4 = ipv4;
    this.ipv6 = ipv6;
  }

  /** A table without prefixes. */
  static <P> AllowedIps<P> empty() {
    return new AllowedIps<>(null, null);
  }

  /** The table in which the prefix leads to the peer, whoever had it before. */
  AllowedIps<P> with(IpPrefix prefix, P peer) {
    long high = high(prefix.address());
    long low = low(prefix.address());
    return prefix.isIpv6()
        ? new AllowedIps<>(ipv4, insert(ipv6, high, low, prefix.length(), peer))
        : new AllowedIps<>(insert(ipv4, high, low, prefix.length(), peer), ipv6);
  }

  /** The table without the prefix, if it leads to the peer; else the same table. */
  AllowedIps<P> without(IpPrefix prefix, P peer) {
    long high = high(prefix.address());
    long low = low(prefix.address());
    return prefix.isIpv6()
        ? new AllowedIps<>(ipv4, remove(ipv6, high, low, prefix.length(), peer))
        : new AllowedIps<>(remove(ipv4, high, low, prefix.length(), peer), ipv6);
  }

  /** The peer that holds exactly this prefix. */
  @Nullable P get(IpPrefix prefix) {
    long high = high(prefix.address());
    long low = low(prefix.address());
    Node<P> node = prefix.isIpv6() ? ipv6 : ipv4;
    while (node != null && node.length < prefix.length() && node.covers(high, low)) {
      node = bit(high, low, node.length) ? node.one : node.zero;
    }
    return node != null && node.length == prefix.length() && node.covers(high, low)
        ? node.value
        : null;
  }

  /** The peer of an address. */
  @Nullable P lookup(InetAddress address) {
    return lookup(address.getAddress().length == 16, high(address), low(address));
  }

  /** The peer of an address; allocates nothing. */
  @Nullable P lookup(boolean isIpv6, long high, long low) {
    P found = null;
    Node<P> node = isIpv6 ? ipv6 : ipv4;
    while (node != null && node.covers(high, low)) {
      if (node.value != null) {
        found = node.value;
      }
      node = bit(high, low, node.length) ? node.one : node.zero;
    }
    return found;
  }

  private static <P> Node<P> insert(
      @Nullable Node<P> node, long high, long low, int length, P value) {
    if (node == null) {
      return new Node<>(high, low, length, value, null, null);
    }
    int common =
        Math.min(commonLength(node.high, node.low, high, low), Math.min(node.length, length));
    if (common == node.length) {
      if (common == length) {
        return node.withValue(value);
      }
      boolean isOne = bit(high, low, common);
      return node.withChild(isOne, insert(isOne ? node.one : node.zero, high, low, length, value));
    }
    if (common == length) {
      return new Node<>(high, low, length, value, null, null)
          .withChild(bit(node.high, node.low, common), node);
    }
    Node<P> leaf = new Node<>(high, low, length, value, null, null);
    return new Node<P>(maskHigh(high, common), maskLow(low, common), common, null, null, null)
        .withChild(bit(high, low, common), leaf)
        .withChild(bit(node.high, node.low, common), node);
  }

  private static <P> @Nullable Node<P> remove(
      @Nullable Node<P> node, long high, long low, int length, P value) {
    if (node == null || node.length > length || !node.covers(high, low)) {
      return node;
    }
    if (node.length == length) {
      return Objects.equals(node.value, value) ? collapse(node.withValue(null)) : node;
    }
    boolean isOne = bit(high, low, node.length);
    Node<P> child = isOne ? node.one : node.zero;
    Node<P> rest = remove(child, high, low, length, value);
    return rest == child ? node : collapse(node.withChild(isOne, rest));
  }

  /** A node without value is needed only as a fork. */
  private static <P> @Nullable Node<P> collapse(Node<P> node) {
    if (node.value != null || (node.zero != null && node.one != null)) {
      return node;
    }
    return node.zero != null ? node.zero : node.one;
  }

  /** How many leading bits are equal. */
  private static int commonLength(long high, long low, long otherHigh, long otherLow) {
    return high != otherHigh
        ? Long.numberOfLeadingZeros(high ^ otherHigh)
        : Long.SIZE + Long.numberOfLeadingZeros(low ^ otherLow);
  }

  private static boolean bit(long high, long low, int index) {
    // A shift uses the low 6 bits of its count. Behind the last bit there is no child to choose.
    return (index < Long.SIZE ? high << index : low << index) < 0;
  }

  private static long maskHigh(long high, int length) {
    return length >= Long.SIZE ? high : high & ~(-1L >>> length);
  }

  private static long maskLow(long low, int length) {
    return length <= Long.SIZE ? 0 : low & ~(-1L >>> length);
  }

  /** The first half of an address. */
  static long high(InetAddress address) {
    byte[] octets = address.getAddress();
    ByteBuffer buffer = ByteBuffer.wrap(octets);
    return octets.length == 16 ? buffer.getLong() : (long) buffer.getInt() << 32;
  }

  /** The second half of an address. */
  static long low(InetAddress address) {
    byte[] octets = address.getAddress();
    return octets.length == 16 ? ByteBuffer.wrap(octets).getLong(Long.BYTES) : 0;
  }
}
