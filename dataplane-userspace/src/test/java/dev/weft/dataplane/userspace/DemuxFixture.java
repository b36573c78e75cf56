// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.testkit.SeededRandom;
import dev.weft.testkit.SimNetwork;
import dev.weft.testkit.SimRuntime;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.PacketBuffer;
import dev.weft.transport.PacketPort;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A demultiplexer with all it serves, but no device: what goes out is collected. */
final class DemuxFixture {

  static final int MTU = 1420;

  final SimNetwork network = new SimNetwork(7);
  final SimRuntime runtime = network.host("host", "192.0.2.1").newRuntime();
  final InnerDropCounters drops = new InnerDropCounters();
  final List<byte[]> sent = new ArrayList<>();
  final OwnAddresses own =
      new OwnAddresses(
          List.of(InterfaceAddress.parse("10.7.0.1/24"), InterfaceAddress.parse("fd07::1/64")));
  final OverlaySockets sockets;
  final Pings pings;
  final InnerDemux demux;
  int wakes;

  DemuxFixture(Optional<PacketPort> port) {
    SeededRandom random = new SeededRandom(1);
    sockets = new OverlaySockets(MTU, own, random, drops, () -> wakes++);
    sockets.setRunning(true);
    pings = new Pings(runtime.newQueue(), random);
    demux =
        new InnerDemux(
            MTU,
            own,
            drops,
            sockets,
            pings,
            new InProcessEndpoint(MTU, drops, 0),
            port.map(supplied -> new SuppliedPort(supplied, MTU, drops)),
            this::collect);
  }

  void collect(PacketBuffer packet) {
    sent.add(packet.toByteArray());
  }

  /** Has a packet come out of the tunnel, alone. */
  void receive(byte[] packet, long nowNanos) {
    gather(packet);
    demux.deliverGathered(nowNanos);
  }

  void gather(byte[] packet) {
    PacketBuffer buffer = PacketBuffer.allocate(0, packet.length);
    buffer.copyFrom(packet, 0, packet.length);
    demux.gather(buffer);
  }

  long totalDrops() {
    return drops.mergedWith(Map.of()).values().stream().mapToLong(count -> count).sum();
  }
}
