// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.transport.PacketBatch;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MemoryTunTest {

  private final PacketBatch batch = new PacketBatch(2, 16, 100);

  @Test
  void injectedPacketsAreReadInOrderUpToTheBatch() {
    MemoryTun tun = new MemoryTun();
    for (byte i = 1; i <= 3; i++) {
      assertTrue(tun.inject(new byte[] {i}));
    }
    assertEquals(2, tun.read(batch));
    assertArrayEquals(new byte[] {1}, batch.get(0).toByteArray());
    assertArrayEquals(new byte[] {2}, batch.get(1).toByteArray());
    batch.clear();
    assertEquals(1, tun.read(batch));
    batch.clear();
    assertEquals(0, tun.read(batch));
  }

  @Test
  void aPacketTooLongForTheBufferIsLeftOut() {
    MemoryTun tun = new MemoryTun();
    tun.inject(new byte[101]);
    tun.inject(new byte[100]);
    assertEquals(1, tun.read(batch));
    assertEquals(100, batch.get(0).length());
  }

  @Test
  void theListenerRunsAtOnceIfPacketsWaitAndForEachLaterOne() {
    MemoryTun tun = new MemoryTun();
    List<String> calls = new ArrayList<>();
    tun.inject(new byte[1]);
    tun.onReadable(() -> calls.add("readable"));
    assertEquals(1, calls.size());
    tun.inject(new byte[1]);
    assertEquals(2, calls.size());
  }

  @Test
  void writtenPacketsAreTakenAndAFullPortAcceptsNoMore() {
    MemoryTun tun = new MemoryTun(1);
    batch.append().copyFrom(new byte[] {7}, 0, 1);
    batch.append().copyFrom(new byte[] {8}, 0, 1);
    assertEquals(1, tun.write(batch));
    assertArrayEquals(new byte[] {7}, tun.take().getFirst());
    assertTrue(tun.take().isEmpty());
    assertTrue(tun.inject(new byte[1]));
    assertFalse(tun.inject(new byte[1]));
  }

  @Test
  void ofAPairEachReadsWhatTheOtherWrites() {
    List<MemoryTun> pair = MemoryTun.pair();
    batch.append().copyFrom(new byte[] {7}, 0, 1);
    assertEquals(1, pair.getFirst().write(batch));
    batch.clear();
    assertEquals(1, pair.getLast().read(batch));
    assertArrayEquals(new byte[] {7}, batch.get(0).toByteArray());
    pair.getLast().close();
    assertEquals(0, pair.getFirst().write(batch));
  }

  @Test
  void aClosedPortNeitherReadsNorWrites() {
    MemoryTun tun = new MemoryTun();
    tun.inject(new byte[1]);
    tun.close();
    tun.close();
    assertTrue(tun.isClosed());
    assertFalse(tun.inject(new byte[1]));
    assertEquals(0, tun.read(batch));
    batch.append().copyFrom(new byte[] {7}, 0, 1);
    assertEquals(0, tun.write(batch));
  }
}
