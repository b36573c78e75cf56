// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.message;

import dev.weft.transport.PacketBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** To check the header of a packet and read its destination. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class IpLayoutBenchmark {

  private static final int LENGTH = 1420;
  private static final int IPV6_HEADER_LENGTH = 40;
  private static final int ALIGNMENT = 64;

  /** IPv4 or IPv6. */
  @Param({"false", "true"})
  public boolean isIpv6;

  private final PacketBuffer packet =
      new PacketBuffer(Arena.ofAuto().allocate(LENGTH, ALIGNMENT), 0);

  /** Writes the fields that are read. */
  @Setup(Level.Trial)
  public void setUp() {
    MemorySegment segment = packet.segment();
    int header = isIpv6 ? IPV6_HEADER_LENGTH : 0;
    segment.set(ValueLayout.JAVA_BYTE, 0, (byte) (isIpv6 ? 0x60 : 0x45));
    int lengthField = isIpv6 ? 4 : 2;
    segment.set(ValueLayout.JAVA_BYTE, lengthField, (byte) ((LENGTH - header) >> Byte.SIZE));
    segment.set(ValueLayout.JAVA_BYTE, lengthField + 1L, (byte) (LENGTH - header));
    packet.setLength(LENGTH);
    if (IpLayout.totalLength(packet) != LENGTH) {
      throw new IllegalStateException("the packet is not valid");
    }
  }

  /** Its length, version and destination, folded into a number. */
  @Benchmark
  public long parse() {
    return IpLayout.totalLength(packet)
        + (IpLayout.isIpv6(packet) ? 1 : 0)
        + IpLayout.destinationHigh(packet)
        + IpLayout.destinationLow(packet);
  }
}
