// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * To find the peer of an address among random prefixes of hosts; the addresses change each time.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class AllowedIpsBenchmark {

  private static final int ADDRESSES = 1 << 16;

  /** Prefixes in the table. */
  @Param({"10", "10000", "1000000"})
  public int prefixes;

  /** IPv4 or IPv6. */
  @Param({"false", "true"})
  public boolean isIpv6;

  private final long[] high = new long[ADDRESSES];
  private final long[] low = new long[ADDRESSES];
  private AllowedIps<Integer> table = AllowedIps.empty();
  private int next;

  /** Fills the table, and chooses addresses that are in it. */
  @Setup(Level.Trial)
  public void setUp() throws UnknownHostException {
    Random random = new Random(1);
    table = AllowedIps.empty();
    for (int i = 0; i < prefixes; i++) {
      byte[] octets = new byte[isIpv6 ? 16 : 4];
      random.nextBytes(octets);
      if (isIpv6) {
        octets[0] = (byte) 0xfd; // unique local addresses: RFC 4193
      }
      InetAddress address = InetAddress.getByAddress(octets);
      table = table.with(new IpPrefix(address, octets.length * Byte.SIZE), i);
      ByteBuffer buffer = ByteBuffer.wrap(octets);
      int slot = i % ADDRESSES;
      high[slot] = isIpv6 ? buffer.getLong(0) : (long) buffer.getInt(0) << 32;
      low[slot] = isIpv6 ? buffer.getLong(Long.BYTES) : 0;
    }
    for (int i = prefixes; i < ADDRESSES; i++) {
      high[i] = high[i % prefixes];
      low[i] = low[i % prefixes];
    }
  }

  /** One lookup. */
  @Benchmark
  public @Nullable Object lookup() {
    int index = next++ & (ADDRESSES - 1);
    return table.lookup(isIpv6, high[index], low[index]);
  }
}
