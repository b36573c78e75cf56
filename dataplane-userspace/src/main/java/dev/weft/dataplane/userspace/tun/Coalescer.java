// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Merges decrypted packets of interleaved flows into super-packets for a TUN device with a vnet
 * header (GRO): one write for up to 65,535 octets of a flow. For one thread.
 *
 * <p>The caller asks where the next packet belongs ({@link #target}), decrypts it to there, and
 * says what came of it ({@link #accept}, {@link #reject}). The target is guessed to be behind the
 * packets of the flow that continues, with the new header over the end of their payload, which is
 * put back afterwards: if the guess was right no payload is copied.
 *
 * <p>Packets of a flow, which is a protocol, two addresses and two ports, keep their order. TCP
 * packets are merged if they have neither IPv4 options nor IPv6 extension headers, no flag but ACK
 * and PSH, the next sequence number, and the same IP header fields, acknowledgment, window and
 * options; PSH or a shorter payload is the end. That is stricter than the kernel, for which a
 * window may differ: so taking apart what was merged gives the same packets. UDP packets are merged
 * if they have a checksum and payloads of one length, of which the last may be shorter. Only where
 * IPv4 forbids fragments (DF) identifications are renumbered, which RFC 6864 §4.1 allows.
 */
public final class Coalescer {

  /** A usual number of flows: a batch of received packets rarely has more. */
  public static final int DEFAULT_FLOWS = 8;

  /** Takes what is to be written to the device, at once: afterwards the memory is used again. */
  public interface Output {
    /**
     * Writes to the device. It must not call the coalescer.
     *
     * @param offset of the vnet header, which the packet follows; without vnet headers, of the
     *     packet
     * @param length of both
     */
    void write(MemorySegment memory, long offset, int length);
  }

  /**
   * What a device can do and what is asked for.
   *
   * @param tcp whether TCP packets are merged
   * @param udp whether UDP packets are merged, which a device takes since Linux 6.2
   * @param verifyChecksums whether only packets with right checksums are merged. The kernel
   *     believes a merged packet, and gives it right checksums when it has to; a packet with a
   *     wrong one is passed alone, for the kernel to judge
   * @param vnetHeader whether a vnet header is written before packets; without it nothing is merged
   */
  public record Options(boolean tcp, boolean udp, boolean verifyChecksums, boolean vnetHeader) {}

  /** More than IPv6 and TCP headers with all options are long, in words. */
  private static final int SAVED_WORDS = 16;

  private final MemorySegment memory;
  private final Output output;

  /** One more than flows may be open, so that one is always free. */
  private final Flow[] flows;

  private final int maxOpen;
  private final CandidatePacket packet = new CandidatePacket();
  private final long[] saved = new long[SAVED_WORDS];

  private boolean mergeTcp;
  private boolean mergeUdp;
  private boolean verify;
  private boolean vnetHeader;

  private int open;
  private Flow last;
  private long packets;

  private boolean isPending;

  /** The flow behind which the target is, or, if that is not open, the place whose start it is. */
  private Flow targetFlow;

  private long target;

  private long mergedPackets;
  private long writes;

  /** The octets of memory needed for that many open flows: 65,600 for each, and for one more. */
  public static long memoryOctets(int flows) {
    if (flows < 1) {
      throw new IllegalArgumentException("flows: " + flows);
    }
    return (flows + 1L) * Flow.ROOM;
  }

  /**
   * With no open flow.
   *
   * @param memory of at least {@link #memoryOctets}, which stays the caller's; best begun where a
   *     cache line does
   */
  public Coalescer(MemorySegment memory, int flows, Options options, Output output) {
    if (memory.byteSize() < memoryOctets(flows)) {
      throw new IllegalArgumentException(
          memory.byteSize() + " octets of memory, not " + memoryOctets(flows));
    }
    this.memory = memory;
    this.output = output;
    maxOpen = flows;
    this.flows = new Flow[flows + 1];
    for (int i = 0; i <= flows; i++) {
      this.flows[i] = new Flow((long) i * Flow.ROOM + Flow.HEAD_ROOM);
    }
    last = this.flows[0];
    targetFlow = last;
    apply(options);
  }

  /** Where targets are, and what is written. */
  public MemorySegment memory() {
    return memory;
  }

  /** Writes all open flows, and goes on with other options: after an error of the device. */
  public void setOptions(Options options) {
    flush();
    apply(options);
  }

  private void apply(Options options) {
    vnetHeader = options.vnetHeader();
    mergeTcp = vnetHeader && options.tcp();
    mergeUdp = vnetHeader && options.udp();
    verify = options.verifyChecksums();
  }

  /**
   * Where the next decrypted packet is to be put: an offset in {@link #memory} with room for it. It
   * is to be accepted or rejected; one that was not is rejected by whatever is called next.
   *
   * @param plaintextOctets with padding, at most 65,535; nothing else may be written
   */
  public long target(int plaintextOctets) {
    if (plaintextOctets < 0 || plaintextOctets > Flow.MAX_LENGTH) {
      throw new IllegalArgumentException("octets of plaintext: " + plaintextOctets);
    }
    reject();
    Flow flow = last.successor;
    if (flow.isOpen && flow.length - flow.headerLength + plaintextOctets > Flow.MAX_LENGTH) {
      write(flow);
    }
    targetFlow = flow;
    isPending = true;
    if (flow.isOpen) {
      save(flow);
      target = flow.end() - flow.headerLength;
    } else {
      target = flow.start;
    }
    return target;
  }

  /**
   * Takes the packet at the target: it is fit and has this length, as its header says. It is
   * merged, begins a flow, or is written.
   *
   * @param packetLength the total length, already checked against the header and what was decrypted
   */
  public void accept(int packetLength) {
    if (!isPending) {
      throw new IllegalStateException("no target was asked for");
    }
    isPending = false;
    packets++;
    long offset = target;
    packet.read(memory, offset, packetLength, mergeTcp, mergeUdp);
    Flow flow = flowOfPacket();
    if (flow != null
        && packet.mayMerge
        && flow.isContinuedBy(packet, memory, offset)
        && isIntact(offset)) {
      merge(flow, offset);
      return;
    }
    Flow place = targetFlow;
    if (place.isOpen) {
      place = freePlace();
      MemorySegment.copy(memory, offset, memory, place.start, packetLength);
      restore(targetFlow);
    }
    if (flow != null) {
      write(flow);
    } else if (!packet.hasPorts) {
      writeFlowsOfAddresses();
    }
    if (packet.mayMerge && !packet.pushes && isIntact(place.start)) {
      open(place);
    } else {
      writeAlone(place, packetLength);
    }
  }

  /** Nothing fit arrived at the target: what was there is put back. Without a target, nothing. */
  public void reject() {
    if (isPending) {
      isPending = false;
      if (targetFlow.isOpen) {
        restore(targetFlow);
      }
    }
  }

  /** Writes all open flows: after each batch, lest packets wait. A pending target is rejected. */
  public void flush() {
    reject();
    if (open == 0) {
      return;
    }
    for (Flow flow : flows) {
      if (flow.isOpen) {
        write(flow);
      }
    }
  }

  /** Packets that joined another, which came before them. */
  public long mergedPackets() {
    return mergedPackets;
  }

  /** Calls of the output. */
  public long writes() {
    return writes;
  }

  private @Nullable Flow flowOfPacket() {
    if (open == 0 || !packet.hasPorts) {
      return null;
    }
    if (targetFlow.isOpen && targetFlow.hasPacket(packet)) {
      return targetFlow;
    }
    for (Flow flow : flows) {
      if (flow.isOpen && flow.hasPacket(packet)) {
        return flow;
      }
    }
    return null;
  }

  private boolean isIntact(long offset) {
    return !verify || packet.isIntact(memory, offset);
  }

  private void merge(Flow flow, long offset) {
    if (flow != targetFlow) {
      MemorySegment.copy(
          memory, offset + packet.headerLength, memory, flow.end(), packet.payloadLength);
    }
    if (targetFlow.isOpen) {
      restore(targetFlow);
    }
    flow.append(packet, memory);
    mergedPackets++;
    use(flow);
    if (flow.isFinished()) {
      write(flow);
    }
  }

  private void open(Flow place) {
    if (open == maxOpen) {
      write(leastRecentlyUsed());
    }
    place.open(packet);
    open++;
    use(place);
  }

  private void use(Flow flow) {
    flow.usedAt = packets;
    last.successor = flow;
    last = flow;
  }

  private Flow leastRecentlyUsed() {
    Flow oldest = last;
    for (Flow flow : flows) {
      if (flow.isOpen && (!oldest.isOpen || flow.usedAt < oldest.usedAt)) {
        oldest = flow;
      }
    }
    return oldest;
  }

  private Flow freePlace() {
    for (Flow flow : flows) {
      if (!flow.isOpen) {
        return flow;
      }
    }
    throw new IllegalStateException("more flows are open than may be");
  }

  /**
   * A fragment, or a packet with options or extension headers, may belong to any flow of its
   * addresses.
   */
  private void writeFlowsOfAddresses() {
    for (Flow flow : flows) {
      if (flow.isOpen && flow.hasAddresses(packet)) {
        write(flow);
      }
    }
  }

  private void save(Flow flow) {
    Headers.save(memory, flow.end() - flow.headerLength, flow.headerLength, saved);
  }

  private void restore(Flow flow) {
    Headers.restore(memory, flow.end() - flow.headerLength, flow.headerLength, saved);
  }

  private void write(Flow flow) {
    flow.isOpen = false;
    open--;
    flow.writeHeaders(memory);
    writes++;
    output.write(
        memory, flow.start - VnetHeaderLayout.LENGTH, VnetHeaderLayout.LENGTH + flow.length);
  }

  private void writeAlone(Flow place, int length) {
    writes++;
    if (vnetHeader) {
      long header = place.start - VnetHeaderLayout.LENGTH;
      VnetHeaderLayout.writeNone(memory, header);
      output.write(memory, header, VnetHeaderLayout.LENGTH + length);
    } else {
      output.write(memory, place.start, length);
    }
  }
}
