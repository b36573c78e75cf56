// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.testkit.IpPackets;
import dev.weft.testkit.MemoryTun;
import dev.weft.transport.DatagramEndpoint;
import dev.weft.transport.InterfaceAddress;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class InnerDemuxTest {

  private static final InetAddress OWN = InetAddress.ofLiteral("10.7.0.1");
  private static final InetAddress OWN_V6 = InetAddress.ofLiteral("fd07::1");
  private static final InetAddress PEER = InetAddress.ofLiteral("10.7.0.2");
  private static final InetAddress PEER_V6 = InetAddress.ofLiteral("fd07::2");
  private static final byte[] HELLO = {1, 2, 3};

  private final MemoryTun port = new MemoryTun();
  private final DemuxFixture inProcess = new DemuxFixture(Optional.empty());
  private final DemuxFixture supplied = new DemuxFixture(Optional.of(port));
  private final List<String> received = new ArrayList<>();
  private final DatagramEndpoint.Handler handler =
      (payload, source) -> received.add(payload.remaining() + " octets from " + source);

  @Test
  void givesADatagramToWhoClaimedItsPort() {
    for (DemuxFixture fixture : List.of(inProcess, supplied)) {
      fixture.sockets.bind(OWN, 5000, handler);
      fixture.sockets.bind(OWN_V6, 5000, handler);
      fixture.receive(IpPackets.udp(PEER, 6000, OWN, 5000, HELLO), 0);
      fixture.receive(IpPackets.udp(PEER_V6, 6000, OWN_V6, 5000, HELLO), 0);
      assertEquals(
          List.of("3 octets from 10.7.0.2:6000", "3 octets from [fd07:0:0:0:0:0:0:2]:6000"),
          received);
      received.clear();
      assertEquals(0, fixture.totalDrops());
    }
    assertTrue(port.take().isEmpty());
  }

  @Test
  void givesAllElseToTheSuppliedPort() {
    supplied.sockets.bind(OWN, 5000, handler);
    List<byte[]> packets =
        List.of(
            IpPackets.udp(PEER, 6000, OWN, 5001, HELLO),
            IpPackets.udp(PEER, 6000, InetAddress.ofLiteral("10.7.0.9"), 5000, HELLO),
            IpPackets.echoRequest(PEER, OWN, 1, 1, HELLO),
            IpPackets.packet(PEER, OWN, 6, new byte[20]));
    packets.forEach(supplied::gather);
    assertTrue(port.take().isEmpty(), "written before the batch ended");
    supplied.demux.deliverGathered(0);
    List<byte[]> written = port.take();
    assertEquals(packets.size(), written.size());
    for (int i = 0; i < packets.size(); i++) {
      assertArrayEquals(packets.get(i), written.get(i));
    }
    assertEquals(0, supplied.totalDrops());
    assertTrue(received.isEmpty());
  }

  @Test
  void givesFragmentsOfAClaimedPortToTheSuppliedPort() {
    supplied.sockets.bind(OWN, 5000, handler);
    byte[] fragment = IpPackets.udp(PEER, 6000, OWN, 5000, HELLO);
    ByteBuffer.wrap(fragment).putShort(6, (short) 0x2000);
    supplied.receive(fragment, 0);
    assertEquals(1, port.take().size());
  }

  @Test
  void countsDamagedDatagramsOfAClaimedPort() {
    inProcess.sockets.bind(OWN, 5000, handler);
    byte[] damaged = IpPackets.udp(PEER, 6000, OWN, 5000, HELLO);
    damaged[damaged.length - 1]++;
    inProcess.receive(damaged, 0);
    assertTrue(received.isEmpty());
    assertEquals(1, inProcess.drops.get(InnerDrop.BAD_CHECKSUM));
    assertTrue(inProcess.sent.isEmpty());
  }

  @Test
  void showsTheHandlerTheDatagramAloneAndReadOnly() {
    List<ByteBuffer> payloads = new ArrayList<>();
    inProcess.sockets.bind(OWN, 5000, (payload, source) -> payloads.add(payload));
    byte[] packet = IpPackets.udp(PEER, 6000, OWN, 5000, HELLO);
    byte[] padded = Arrays.copyOf(packet, packet.length + 13);
    inProcess.gather(padded);
    inProcess.demux.deliverGathered(0);
    assertEquals(HELLO.length, payloads.getFirst().capacity());
    assertTrue(payloads.getFirst().isReadOnly());
  }

  @Test
  void goesOnAfterAHandlerThrew() {
    inProcess.sockets.bind(
        OWN,
        5000,
        (payload, source) -> {
          throw new IllegalStateException("thrown by a test");
        });
    inProcess.sockets.bind(OWN, 5001, handler);
    inProcess.gather(IpPackets.udp(PEER, 6000, OWN, 5000, HELLO));
    inProcess.gather(IpPackets.udp(PEER, 6000, OWN, 5001, HELLO));
    inProcess.demux.deliverGathered(0);
    assertEquals(1, inProcess.drops.get(InnerDrop.HANDLER_FAILED));
    assertEquals(1, received.size());
  }

  @Test
  void stopsDeliveringWhenAHandlerClosesItsSocket() {
    List<DatagramEndpoint> sockets = new ArrayList<>();
    sockets.add(
        inProcess.sockets.bind(
            OWN,
            5000,
            (payload, source) -> {
              received.add("once");
              sockets.getFirst().close();
            }));
    inProcess.gather(IpPackets.udp(PEER, 6000, OWN, 5000, HELLO));
    inProcess.gather(IpPackets.udp(PEER, 6000, OWN, 5000, HELLO));
    inProcess.demux.deliverGathered(0);
    assertEquals(List.of("once"), received);
    assertEquals(1, inProcess.drops.get(InnerDrop.PORT_UNREACHABLE));
  }

  @Test
  void boundsWhatItGathers() {
    for (int i = 0; i < InnerDemux.BATCH; i++) {
      assertFalse(inProcess.demux.isFull());
      inProcess.gather(LinuxPackets.packet("echo.v4.request"));
    }
    assertTrue(inProcess.demux.isFull());
    inProcess.gather(LinuxPackets.packet("echo.v4.request"));
    assertEquals(1, inProcess.drops.get(InnerDrop.QUEUE_FULL));
    inProcess.demux.deliverGathered(0);
    assertEquals(InnerDemux.BATCH, inProcess.sent.size());
    assertFalse(inProcess.demux.isFull());
  }

  @Test
  void dropsPacketsThatFitNoBuffer() {
    for (DemuxFixture fixture : List.of(inProcess, supplied)) {
      fixture.receive(IpPackets.packet(PEER, OWN, 17, new byte[1500 - 20 + 1]), 0);
      assertEquals(1, fixture.drops.get(InnerDrop.TOO_LONG));
    }
  }

  @Test
  void countsWhatTheSuppliedPortRefuses() {
    port.close();
    supplied.receive(IpPackets.echoRequest(PEER, OWN, 1, 1, HELLO), 0);
    assertEquals(1, supplied.drops.get(InnerDrop.PORT_REFUSED));
  }

  @Test
  void followsTheAddresses() {
    inProcess.sockets.bind(OWN, 5000, handler);
    byte[] datagram = IpPackets.udp(PEER, 6000, OWN, 5000, HELLO);
    inProcess.demux.setAddresses(new OwnAddresses(List.of(InterfaceAddress.parse("10.7.0.3/24"))));
    inProcess.receive(datagram, 0);
    assertEquals(1, inProcess.drops.get(InnerDrop.NOT_LOCAL));
    inProcess.demux.setAddresses(inProcess.own);
    inProcess.receive(datagram, 0);
    assertEquals(1, received.size());
  }
}
