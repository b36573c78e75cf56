// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.bind;

import dev.weft.linux.udp.ReceiveBatch;
import dev.weft.transport.Endpoint;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Turns the addresses that messages came from into {@link Endpoint}s, without allocation for those
 * seen lately: a table of fixed size in which a newcomer takes the place of whoever had its slot.
 * Owned by one worker.
 */
public final class SourceEndpoints {

  private static final int SLOTS = 256;

  private final long[] highs = new long[SLOTS];
  private final long[] lows = new long[SLOTS];
  private final int[] scopes = new int[SLOTS];
  private final @Nullable Endpoint[] endpoints = new @Nullable Endpoint[SLOTS];

  /** An empty table. */
  public SourceEndpoints() {}

  /** Who sent message {@code index} of the batch. */
  public Endpoint of(ReceiveBatch batch, int index) {
    long high = batch.sourceHigh(index);
    long low = batch.sourceLow(index);
    int port = batch.sourcePort(index);
    boolean isIpv6 = batch.isIpv6(index);
    int scope = batch.sourceScope(index);
    int slot = slot(high, low, port);
    Endpoint known = endpoints[slot];
    if (known != null
        && highs[slot] == high
        && lows[slot] == low
        && scopes[slot] == scope
        && known.port() == port
        && known.isIpv6() == isIpv6) {
      return known;
    }
    Endpoint endpoint = new Endpoint(address(isIpv6, high, low, scope), port);
    highs[slot] = high;
    lows[slot] = low;
    scopes[slot] = scope;
    endpoints[slot] = endpoint;
    return endpoint;
  }

  private static int slot(long high, long low, int port) {
    long mixed = (high ^ Long.rotateLeft(low, 32) ^ ((long) port << 17)) * 0x9e3779b97f4a7c15L;
    return (int) (mixed >>> 56);
  }

  /** An address from its 128 bits; IPv4 is in the top 32. */
  static InetAddress address(boolean isIpv6, long high, long low, int scope) {
    try {
      if (!isIpv6) {
        return InetAddress.getByAddress(
            ByteBuffer.allocate(Integer.BYTES).putInt((int) (high >>> 32)).array());
      }
      byte[] octets = ByteBuffer.allocate(2 * Long.BYTES).putLong(high).putLong(low).array();
      return scope == 0
          ? InetAddress.getByAddress(octets)
          : Inet6Address.getByAddress(null, octets, scope);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }
}
