// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.transport.InterfaceAddress;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/** The local host's overlay addresses. Immutable and thread-safe. */
final class OwnAddresses {

  private final List<InterfaceAddress> addresses;
  private final byte[][] octets;

  OwnAddresses(List<InterfaceAddress> addresses) {
    this.addresses = List.copyOf(addresses);
    octets = this.addresses.stream().map(own -> own.address().getAddress()).toArray(byte[][]::new);
  }

  /** Whether an address in packet memory is one of them. */
  boolean contains(MemorySegment segment, long offset, int length) {
    for (byte[] own : octets) {
      if (own.length == length && PacketOctets.equal(segment, offset, own)) {
        return true;
      }
    }
    return false;
  }

  boolean contains(InetAddress address) {
    return addresses.stream().anyMatch(own -> own.address().equals(address));
  }

  /**
   * The address to send from: of the same version of IP, and of those the one that shares the
   * longest prefix with the target, up to the length of its own network (RFC 6724 §5, rule 8).
   */
  Optional<InetAddress> sourceFor(InetAddress target) {
    byte[] wanted = target.getAddress();
    Optional<InetAddress> best = Optional.empty();
    int bestLength = -1;
    for (int i = 0; i < octets.length; i++) {
      if (octets[i].length == wanted.length) {
        InterfaceAddress own = addresses.get(i);
        int common = Math.min(commonPrefix(octets[i], wanted), own.prefixLength());
        if (common > bestLength) {
          bestLength = common;
          best = Optional.of(own.address());
        }
      }
    }
    return best;
  }

  private static int commonPrefix(byte[] a, byte[] b) {
    for (int i = 0; i < a.length; i++) {
      int difference = (a[i] ^ b[i]) & 0xff;
      if (difference != 0) {
        return i * 8 + Integer.numberOfLeadingZeros(difference) - 24;
      }
    }
    return a.length * 8;
  }

  @Override
  public String toString() {
    return addresses.toString();
  }
}
