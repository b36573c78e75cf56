// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.weft.dataplane.userspace.message.IpLayout;
import dev.weft.transport.PacketBuffer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Decrypted packets of a hostile peer: any octets, and packets of eight flows that follow each
 * other or nearly do. The first octet chooses whether checksums are verified and how many flows may
 * be open; then come steps of five octets: what, of which flow, a length or place, a value.
 */
final class CoalescerFuzz {

  private static final int MAX_STEPS = 300;
  private static final int STEP = 5;

  private static final byte FOLLOWS = 0;
  private static final byte FOLLOWS_CHANGED = 1;
  private static final byte FOLLOWS_CHANGED_RIGHTLY = 2;
  private static final byte ANY_OCTETS = 3;
  private static final byte UNFIT = 4;
  private static final byte BATCH_ENDS = 5;
  private static final int KINDS = 6;

  private final TransportPacket[] flows = new TransportPacket[8];
  private final List<byte[]> sent = new ArrayList<>();

  static Stream<byte[]> seeds() {
    byte[] follow = new byte[1 + 40 * STEP];
    byte[] change = new byte[1 + 80 * STEP];
    for (int i = 0; i < 40; i++) {
      put(follow, i, FOLLOWS, i % 3, 1000, 0);
    }
    for (int i = 0; i < 80; i++) {
      put(change, i, i % 5 == 4 ? FOLLOWS_CHANGED_RIGHTLY : FOLLOWS, i / 40 * 2, 100, 0x18);
      if (i % 5 == 4) {
        put(change, i, FOLLOWS_CHANGED_RIGHTLY, i / 40 * 2, i / 5 * 3, 0x18);
      }
    }
    byte[] mixed = new byte[1 + 6 * STEP + 50];
    put(mixed, 0, FOLLOWS, 1, 500, 0);
    put(mixed, 1, UNFIT, 1, 500, 0);
    put(mixed, 2, FOLLOWS, 1, 500, 0);
    put(mixed, 3, FOLLOWS_CHANGED, 1, 50, 7);
    put(mixed, 4, BATCH_ENDS, 0, 0, 0);
    put(mixed, 5, ANY_OCTETS, 0, 50, 0);
    byte[] packet = TransportPacket.of(false, true).withPayload(10).octets();
    System.arraycopy(packet, 0, mixed, 1 + 6 * STEP, 50);
    return Stream.of(follow, change, mixed);
  }

  private static void put(byte[] seed, int step, int kind, int flow, int length, int value) {
    ByteBuffer.wrap(seed)
        .position(1 + step * STEP)
        .put((byte) kind)
        .put((byte) flow)
        .putShort((short) length)
        .put((byte) value);
  }

  @MethodSource("seeds")
  @FuzzTest
  void keepsThePacketsOfEachFlow(byte[] input) {
    if (input.length > 0) {
      new CoalescerFuzz().run(ByteBuffer.wrap(input));
    }
  }

  private void run(ByteBuffer input) {
    for (int i = 0; i < flows.length; i++) {
      TransportPacket flow = TransportPacket.of((i & 1) != 0, (i & 2) != 0);
      flows[i] = flow.withPorts(flow.sourcePort(), flow.destinationPort() + i / 4);
    }
    int first = input.get();
    boolean verifies = (first & 1) == 0;
    CoalescerFixture fixture =
        new CoalescerFixture(
            1 + (first >> 1 & 3),
            new Coalescer.Options((first & 8) == 0, (first & 16) == 0, verifies, true));
    for (int step = 0; step < MAX_STEPS && input.remaining() >= STEP; step++) {
      step(input, fixture);
    }
    List<byte[]> writes = fixture.flushed();
    assertEquals(fixture.coalescer.writes(), writes.size());
    assertEquals(sent.size(), writes.size() + fixture.coalescer.mergedPackets());
    for (byte[] write : writes) {
      assertTrue(write.length <= 10 + 0xffff);
    }
    CoalescerFixture.assertSame(sent, CoalescerFixture.apart(writes), verifies);
  }

  private void step(ByteBuffer input, CoalescerFixture fixture) {
    int kind = Byte.toUnsignedInt(input.get()) % KINDS;
    int number = input.get() & 7;
    int length = Short.toUnsignedInt(input.getShort());
    byte value = input.get();
    TransportPacket flow = flows[number];
    switch (kind) {
      case FOLLOWS -> {
        TransportPacket packet = flow.withPayload(Math.min(length, 9000));
        receive(packet.octets(), fixture);
        flows[number] = packet.next(0);
      }
      case FOLLOWS_CHANGED, FOLLOWS_CHANGED_RIGHTLY -> {
        TransportPacket packet = flow.withPayload(100);
        byte[] octets = packet.octets();
        octets[length % octets.length] = value;
        if (kind == FOLLOWS_CHANGED_RIGHTLY && totalLength(octets) == octets.length) {
          TransportPacket.rightChecksums(octets);
        }
        receive(octets, fixture);
        flows[number] = packet.next(0);
      }
      case ANY_OCTETS -> {
        byte[] octets = new byte[Math.min(length, input.remaining())];
        input.get(octets);
        receive(octets, fixture);
      }
      case UNFIT -> fixture.receiveUnfit(new byte[length], length);
      default -> fixture.coalescer.flush();
    }
  }

  /** As the plane does: what is no IP packet does not get so far. */
  private void receive(byte[] octets, CoalescerFixture fixture) {
    int total = totalLength(octets);
    if (total == 0) {
      fixture.receiveUnfit(octets, octets.length);
    } else {
      byte[] packet = Arrays.copyOf(octets, total);
      fixture.receive(packet);
      sent.add(packet);
    }
  }

  private static int totalLength(byte[] octets) {
    PacketBuffer buffer = PacketBuffer.allocate(0, octets.length);
    buffer.copyFrom(octets, 0, octets.length);
    return IpLayout.totalLength(buffer);
  }
}
