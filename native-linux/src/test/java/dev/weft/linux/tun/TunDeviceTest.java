// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.tun;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.linux.Allocations;
import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.FileDescriptor;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.poll.EventDescriptor;
import dev.weft.linux.poll.Poller;
import dev.weft.linux.udp.ReceiveBatch;
import dev.weft.linux.udp.SendBatch;
import dev.weft.linux.udp.SocketAddress;
import dev.weft.linux.udp.UdpSocket;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class TunDeviceTest {

  private static final long LIMIT_NANOS = Duration.ofSeconds(20).toNanos();
  private static final int HEADER = TunDevice.VNET_HEADER_OCTETS;
  private static final int LOCAL = 0x0a630001;
  private static final int REMOTE = 0x0a630002;
  private static final int IFF_TAP = 2;
  private static final int GSO_TYPE = 1;
  private static final int GSO_SIZE = 4;
  private static final int GSO_UDP_L4 = 5;

  private static boolean interfaceExists(String name) throws IOException {
    return Files.readAllLines(Path.of("/proc/thread-self/net/dev")).stream()
        .anyMatch(line -> line.strip().startsWith(name + ":"));
  }

  @Test
  void structuresHaveTheSizesOfTheKernel() {
    assertEquals(40, TunCalls.IFREQ.byteSize());
    assertEquals(0, TunCalls.IFR_NAME);
    assertEquals(16, TunCalls.IFR_FLAGS);
  }

  @Test
  void theKernelCompletesTheName() {
    PrivateNetwork.run(
        () -> {
          try (TunDevice numbered = TunDevice.open("weft%d", 1);
              TunDevice named = TunDevice.open("", 1);
              TunDevice exact = TunDevice.open("exactly15octets", 1)) {
            assertEquals("weft0", numbered.name());
            assertEquals("tun0", named.name());
            assertEquals("exactly15octets", exact.name());
            assertTrue(interfaceExists("weft0"));
            assertTrue(interfaceExists("tun0"));
            assertTrue(interfaceExists("exactly15octets"));
            assertEquals(1, numbered.queues());
            assertTrue(numbered.hasVnetHeader());
          }
        });
  }

  @Test
  void namesThatDoNotFitAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> TunDevice.open("over15octets....", 1));
    assertThrows(IllegalArgumentException.class, () -> TunDevice.open("a\0b", 1));
    assertThrows(IllegalArgumentException.class, () -> TunDevice.open("weft", 0));
    assertThrows(IllegalArgumentException.class, () -> TunDevice.adopt(-1));
  }

  @Test
  void theInterfaceGoesWithItsLastQueue() {
    PrivateNetwork.run(
        () -> {
          TunDevice device = TunDevice.open("weft0", 2);
          assertTrue(interfaceExists("weft0"));
          device.close();
          device.close();
          assertFalse(interfaceExists("weft0"));
          TunDevice.open("weft0", 1).close();
        });
  }

  @Test
  void anInterfaceInUseIsNotOpenedAgain() {
    PrivateNetwork.run(
        () -> {
          try (TunDevice device = TunDevice.open("weft0", 1)) {
            LinuxException e =
                assertThrows(LinuxException.class, () -> TunDevice.open(device.name(), 1));
            assertEquals(Errno.EBUSY, e.errno());
            assertTrue(interfaceExists("weft0"));
            assertThrows(LinuxException.class, () -> TunDevice.open("lo", 1));
          }
        });
  }

  @Test
  void aWrittenPacketReachesASocket() {
    PrivateNetwork.run(() -> writeToSocket(1, 0));
  }

  @Test
  void aPacketWrittenToAnyQueueReachesASocket() {
    PrivateNetwork.run(() -> writeToSocket(3, 2));
  }

  private static void writeToSocket(int queues, int queue) {
    try (TunDevice device = TunDevice.open("weft%d", queues);
        UdpSocket socket = UdpSocket.open(false);
        Arena arena = Arena.ofConfined()) {
      assertEquals(queues, device.queues());
      byte[] packet = udpPacket(5000, 5001, new byte[] {1, 2, 3});
      MemorySegment memory = arena.allocate(HEADER + packet.length + 1);
      MemorySegment.copy(packet, 0, memory, JAVA_BYTE, 1 + HEADER, packet.length);
      TunQueue writer = device.queue(queue);
      assertEquals(-Errno.EIO, writer.write(memory, 1, HEADER + packet.length));
      PrivateNetwork.bringUp(device.name(), LOCAL);
      socket.bind(InetAddress.ofLiteral("10.99.0.1"), 5001);
      assertEquals(HEADER + packet.length, writer.write(memory, 1, HEADER + packet.length));
      ReceiveBatch batch = new ReceiveBatch(arena, 1, 100);
      assertEquals(1, new Poller(arena, socket.descriptor()).poll(LIMIT_NANOS));
      assertEquals(1, socket.receive(batch));
      assertEquals((long) REMOTE << 32, batch.sourceHigh(0));
      assertEquals(5000, batch.sourcePort(0));
      assertArrayEquals(
          new byte[] {1, 2, 3}, batch.memory().asSlice(0, batch.length(0)).toArray(JAVA_BYTE));
      assertEquals(-Errno.EINVAL, writer.write(memory, 1, HEADER - 1));
    }
  }

  /** An IPv4 packet from the remote to the local address, UDP without checksum. */
  private static byte[] udpPacket(int from, int to, byte[] payload) {
    ByteBuffer packet = ByteBuffer.allocate(28 + payload.length);
    packet.put((byte) 0x45).put((byte) 0).putShort((short) packet.capacity());
    packet.putInt(0).put((byte) 64).put((byte) 17).putShort((short) 0);
    packet.putInt(REMOTE).putInt(LOCAL);
    packet.putShort((short) from).putShort((short) to);
    packet.putShort((short) (8 + payload.length)).putShort((short) 0).put(payload);
    int sum = 0;
    for (int i = 0; i < 20; i += 2) {
      sum += Short.toUnsignedInt(packet.getShort(i));
    }
    packet.putShort(10, (short) ~(sum + (sum >> 16)));
    return packet.array();
  }

  @Test
  void whatTheSystemSendsIsRead() {
    PrivateNetwork.run(
        () -> {
          try (TunDevice device = TunDevice.open("weft0", 2);
              UdpSocket socket = UdpSocket.open(false);
              Arena arena = Arena.ofConfined()) {
            PrivateNetwork.bringUp(device.name(), LOCAL);
            sendSegments(socket, arena);
            MemorySegment memory = arena.allocate(70_000);
            for (int i = 0; i < 3; i++) {
              int length = readIpv4(device, arena, memory);
              assertEquals(HEADER + 28 + (i < 2 ? 1000 : 10), length);
              assertEquals(0, memory.get(JAVA_BYTE, 1 + GSO_TYPE));
            }
          }
        });
  }

  @Test
  void withOffloadsTheSystemLeavesTheSegmentingToTheReader() {
    PrivateNetwork.run(
        () -> {
          try (TunDevice device = TunDevice.open("weft0", 1);
              UdpSocket socket = UdpSocket.open(false);
              Arena arena = Arena.ofConfined()) {
            PrivateNetwork.bringUp(device.name(), LOCAL);
            TunDevice.Offloads all = device.enableOffloads(true, true);
            assertTrue(all.checksum() && all.tso());
            MemorySegment memory = arena.allocate(70_000);
            if (all.uso()) {
              sendSegments(socket, arena);
              assertEquals(HEADER + 28 + 2010, readIpv4(device, arena, memory));
              assertEquals(GSO_UDP_L4, memory.get(JAVA_BYTE, 1 + GSO_TYPE));
              assertEquals(1000, memory.get(JAVA_SHORT_UNALIGNED, 1 + GSO_SIZE));
            }
            assertEquals(
                new TunDevice.Offloads(true, true, false), device.enableOffloads(true, false));
            sendSegments(socket, arena);
            assertEquals(HEADER + 28 + 1000, readIpv4(device, arena, memory));
            assertEquals(
                new TunDevice.Offloads(true, false, all.uso()), device.enableOffloads(false, true));
            assertEquals(
                new TunDevice.Offloads(true, false, false), device.enableOffloads(false, false));
          }
        });
  }

  /** 2,010 octets in segments of 1,000. */
  private static void sendSegments(UdpSocket socket, Arena arena) {
    SendBatch batch = new SendBatch(arena, 1);
    SocketAddress remote = SocketAddress.of(false, (long) REMOTE << 32, 0, 9, 0);
    batch.add(arena.allocate(2010), 0, 2010, 1000, remote);
    assertEquals(1, socket.send(batch, 0));
  }

  /** What is not IPv4 is the system's own, such as its search for routers. */
  private static int readIpv4(TunDevice device, Arena arena, MemorySegment memory) {
    int[] numbers = new int[device.queues()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = device.queue(i).descriptor();
    }
    Poller poller = new Poller(arena, numbers);
    while (true) {
      assertTrue(poller.poll(LIMIT_NANOS) > 0, "nothing came");
      for (int i = 0; i < numbers.length; i++) {
        if (poller.isReadable(i)) {
          int length = device.queue(i).read(memory, 1, 69_000);
          assertTrue(length > HEADER, "read: " + length);
          if (memory.get(JAVA_BYTE, 1 + HEADER) == 0x45) {
            return length;
          }
        }
      }
    }
  }

  @Test
  void readingDoesNotWait() {
    PrivateNetwork.run(
        () -> {
          try (TunDevice device = TunDevice.open("weft0", 2);
              Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(100);
            assertEquals(-Errno.EAGAIN, device.queue(0).read(memory, 0, 100));
            assertEquals(-Errno.EAGAIN, device.queue(1).read(memory, 0, 100));
            assertThrows(
                IndexOutOfBoundsException.class, () -> device.queue(0).read(memory, 1, 100));
          }
        });
  }

  @Test
  void anOpenDescriptorIsTakenOver() {
    PrivateNetwork.run(
        () -> {
          int number = attached(TunCalls.IFF_TUN | TunCalls.IFF_NO_PI | TunCalls.IFF_VNET_HDR);
          FileDescriptors.setBlocking(number);
          try (TunDevice device = TunDevice.adopt(number);
              Arena arena = Arena.ofConfined()) {
            assertEquals("taken", device.name());
            assertTrue(device.hasVnetHeader());
            assertEquals(1, device.queues());
            assertEquals(number, device.queue(0).descriptor());
            assertEquals(-Errno.EAGAIN, device.queue(0).read(arena.allocate(100), 0, 100));
            assertTrue(device.enableOffloads(true, false).tso());
          }
          assertFalse(interfaceExists("taken"));
        });
  }

  @Test
  void aDeviceWithoutVnetHeaderHasNoOffloads() {
    PrivateNetwork.run(
        () -> {
          int number = attached(TunCalls.IFF_TUN | TunCalls.IFF_NO_PI);
          try (TunDevice device = TunDevice.adopt(number)) {
            assertFalse(device.hasVnetHeader());
            assertEquals(
                new TunDevice.Offloads(false, false, false), device.enableOffloads(true, true));
          }
        });
  }

  @Test
  void otherDescriptorsAreNotTakenOver() {
    PrivateNetwork.run(
        () -> {
          try (EventDescriptor event = EventDescriptor.open();
              Arena arena = Arena.ofConfined()) {
            assertThrows(LinuxException.class, () -> TunDevice.adopt(event.number()));
            event.signal();
            assertEquals(1, new Poller(arena, event.number()).poll(0));
          }
          int tap = attached(IFF_TAP | TunCalls.IFF_NO_PI);
          LinuxException e = assertThrows(LinuxException.class, () -> TunDevice.adopt(tap));
          assertTrue(e.toString().contains("TAP"));
          assertTrue(interfaceExists("taken"));
          new FileDescriptor(tap).close();
        });
  }

  private static int attached(int flags) {
    try (Arena arena = Arena.ofConfined()) {
      int number = LinuxException.check("opening", TunCalls.open("/dev/net/tun"));
      MemorySegment request = arena.allocate(TunCalls.IFREQ);
      request.setString(TunCalls.IFR_NAME, "taken");
      request.set(JAVA_SHORT, TunCalls.IFR_FLAGS, (short) flags);
      LinuxException.check(
          "attaching", TunCalls.ioctl(number, TunCalls.TUNSETIFF, request.address()));
      return number;
    }
  }

  @Test
  void withoutPrivilegeTheReasonSaysSo() {
    PrivateNetwork.runUnprivileged(
        () -> {
          Optional<String> reason = TunDevice.unavailableReason();
          assertTrue(reason.isPresent());
          if (Files.exists(Path.of("/dev/net/tun"))) {
            assertTrue(reason.get().contains("CAP_NET_ADMIN"), reason.get());
          }
          assertThrows(LinuxException.class, () -> TunDevice.open("weft%d", 1));
        });
  }

  @Test
  void askingForTheReasonMakesNoInterface() {
    PrivateNetwork.run(
        () -> {
          String before = Files.readString(Path.of("/proc/thread-self/net/dev"));
          assertEquals(Optional.empty(), TunDevice.unavailableReason());
          assertEquals(
              before.lines().count(),
              Files.readString(Path.of("/proc/thread-self/net/dev")).lines().count());
        });
  }

  @Test
  void readingAndWritingAllocateNothing() {
    PrivateNetwork.run(
        () -> {
          try (TunDevice device = TunDevice.open("weft0", 1);
              Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(100);
            memory.set(JAVA_BYTE, HEADER, (byte) 0x45);
            TunQueue queue = device.queue(0);
            double octets =
                Allocations.perRun(
                    () -> {
                      assertTrue(queue.read(memory, 0, 100) == -Errno.EAGAIN);
                      assertTrue(queue.write(memory, 0, 100) == -Errno.EIO);
                    });
            assertTrue(octets < 4, "octets a read and a write: " + octets);
          }
        });
  }
}
