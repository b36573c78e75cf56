// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * For each packet of 1,420 octets of one TCP flow: to merge it with others, and to take it out of a
 * super-packet.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class OffloadBenchmark {

  private static final int PACKETS = 45;

  /** Whether the checksums of packets that are merged are verified. */
  @Param({"false", "true"})
  public boolean verifies;

  private final MemorySegment[] packets = new MemorySegment[PACKETS];
  private final SuperPacket superPacket = new SuperPacket();
  private Arena arena = Arena.ofShared();
  private Coalescer coalescer = coalescer();
  private MemorySegment pristine = MemorySegment.NULL;
  private MemorySegment given = MemorySegment.NULL;
  private long written;

  /** Makes the packets. */
  @Setup(Level.Trial)
  public void setUp() {
    arena = Arena.ofShared();
    coalescer = coalescer();
    for (int i = 0; i < PACKETS; i++) {
      packets[i] = SampleFlow.packet(arena, i);
    }
    pristine = SampleFlow.superPacket(arena, PACKETS);
    given = SampleFlow.superPacket(arena, PACKETS);
    long before = coalescer.mergedPackets();
    var _ = merge();
    if (coalescer.mergedPackets() - before != PACKETS - 1) {
      throw new IllegalStateException("the packets were not merged");
    }
    if (split() == 0 || superPacket.count() != PACKETS) {
      throw new IllegalStateException("the super-packet was not taken apart");
    }
  }

  private Coalescer coalescer() {
    int flows = Coalescer.DEFAULT_FLOWS;
    return new Coalescer(
        arena.allocate(Coalescer.memoryOctets(flows), 64),
        flows,
        new Coalescer.Options(true, true, verifies, true),
        (memory, offset, length) -> written += length);
  }

  /** With the copy of the packet to its target, where decryption would write it. */
  @Benchmark
  @OperationsPerInvocation(PACKETS)
  public long merge() {
    MemorySegment memory = coalescer.memory();
    for (MemorySegment packet : packets) {
      int length = (int) packet.byteSize();
      MemorySegment.copy(packet, 0, memory, coalescer.target(length), length);
      coalescer.accept(length);
    }
    coalescer.flush();
    return written;
  }

  /** With headers and checksums of the packets. */
  @Benchmark
  @OperationsPerInvocation(PACKETS)
  public long split() {
    // The first header is what the packets' are made of, and the first packet's is written over it.
    MemorySegment.copy(pristine, 0, given, 0, VnetHeaderLayout.LENGTH + SampleFlow.HEADER_LENGTH);
    long octets = 0;
    if (superPacket.begin(given, 0, (int) given.byteSize())) {
      while (superPacket.next()) {
        octets += superPacket.packetLength();
      }
    }
    return octets;
  }

  /** Gives the memory back. */
  @TearDown(Level.Trial)
  public void tearDown() {
    arena.close();
  }
}
