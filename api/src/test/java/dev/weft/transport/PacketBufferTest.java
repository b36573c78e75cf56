// SPDX-License-Identifier: Apache-2.0

package dev.weft.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

final class PacketBufferTest {

  private static final byte[] PACKET = {1, 2, 3, 4};

  @Test
  void aNewBufferIsEmptyBehindItsHeadRoom() {
    PacketBuffer buffer = PacketBuffer.allocate(32, 100);

    assertEquals(0, buffer.length());
    assertEquals(32, buffer.offset());
    assertEquals(32, buffer.headRoom());
    assertEquals(100, buffer.tailRoom());
    assertEquals(132, buffer.segment().byteSize());
  }

  @Test
  void theWindowMovesWithinTheMemory() {
    PacketBuffer buffer = PacketBuffer.allocate(2, 6);
    buffer.copyFrom(PACKET, 0, 4);

    buffer.set(0, 8);
    assertArrayEquals(new byte[] {0, 0, 1, 2, 3, 4, 0, 0}, buffer.toByteArray());
    buffer.set(3, 2);
    assertArrayEquals(new byte[] {2, 3}, buffer.toByteArray());
    buffer.setLength(5);
    assertArrayEquals(new byte[] {2, 3, 4, 0, 0}, buffer.toByteArray());
    assertEquals(3, buffer.headRoom());
    assertEquals(0, buffer.tailRoom());
    buffer.set(8, 0);
    assertArrayEquals(new byte[0], buffer.toByteArray());
  }

  @Test
  void aWindowOutsideTheMemoryIsRefusedAndTheOldOneStays() {
    PacketBuffer buffer = PacketBuffer.allocate(2, 6);
    buffer.set(2, 4);

    assertThrows(IndexOutOfBoundsException.class, () -> buffer.set(0, 9));
    assertThrows(IndexOutOfBoundsException.class, () -> buffer.set(-1, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> buffer.set(9, 0));
    assertThrows(IndexOutOfBoundsException.class, () -> buffer.set(0, -1));
    assertThrows(IndexOutOfBoundsException.class, () -> buffer.set(Long.MAX_VALUE, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> buffer.setLength(7));
    assertThrows(IndexOutOfBoundsException.class, () -> new PacketBuffer(buffer.segment(), 9));
    assertEquals(2, buffer.offset());
    assertEquals(4, buffer.length());
  }

  @Test
  void aCopyThatDoesNotFitChangesNothing() {
    PacketBuffer buffer = PacketBuffer.allocate(0, 4);
    buffer.copyFrom(PACKET, 1, 3);

    assertThrows(IndexOutOfBoundsException.class, () -> buffer.copyFrom(PACKET, 2, 3));
    assertThrows(IndexOutOfBoundsException.class, () -> buffer.copyFrom(PACKET, -1, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> buffer.copyFrom(new byte[5], 0, 5));
    PacketBuffer longer = PacketBuffer.allocate(0, 5);
    longer.setLength(5);
    assertThrows(IndexOutOfBoundsException.class, () -> buffer.copyFrom(longer));
    assertArrayEquals(new byte[] {2, 3, 4}, buffer.toByteArray());
  }

  @Test
  void packetsAreCopiedBetweenHeapAndNativeMemory() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(16);
      PacketBuffer inside = new PacketBuffer(memory, 8);
      inside.copyFrom(PACKET, 0, 4);
      PacketBuffer copy = PacketBuffer.allocate(1, 4);
      copy.copyFrom(inside);

      assertArrayEquals(PACKET, copy.toByteArray());
      assertEquals(1, copy.offset());
    }
  }

  @Test
  void aBatchIsFilledInOrderAndReused() {
    PacketBatch batch = new PacketBatch(2, 16, 100);
    PacketBuffer first = batch.append();
    first.set(0, 50);
    PacketBuffer second = batch.append();

    assertTrue(batch.isFull());
    assertEquals(2, batch.size());
    assertEquals(2, batch.capacity());
    assertSame(first, batch.get(0));
    assertSame(second, batch.get(1));

    batch.clear();
    assertEquals(0, batch.size());
    assertFalse(batch.isFull());
    assertSame(first, batch.append());
    assertEquals(16, first.offset());
    assertEquals(0, first.length());
    assertEquals(100, first.tailRoom());
  }

  @Test
  void theLastBufferIsGivenBack() {
    PacketBatch batch = new PacketBatch(1, 0, 10);
    PacketBuffer buffer = batch.append();
    batch.dropLast();

    assertEquals(0, batch.size());
    assertSame(buffer, batch.append());
  }

  @Test
  void aBatchHasBounds() {
    PacketBatch batch = new PacketBatch(1, 0, 10);

    assertThrows(IllegalStateException.class, batch::dropLast);
    assertEquals(0, batch.size());
    batch.append();
    assertThrows(IllegalStateException.class, batch::append);
    assertThrows(IndexOutOfBoundsException.class, () -> batch.get(1));
    assertThrows(IndexOutOfBoundsException.class, () -> batch.get(-1));
  }
}
