// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.linux;

import dev.weft.dataplane.userspace.bind.DatagramSender;
import dev.weft.dataplane.userspace.bind.SourceEndpoints;
import dev.weft.dataplane.userspace.bind.UnderlaySockets;
import dev.weft.dataplane.userspace.device.Reachability;
import dev.weft.dataplane.userspace.device.ReceiveRun;
import dev.weft.dataplane.userspace.device.SendRun;
import dev.weft.dataplane.userspace.device.WireGuardDevice;
import dev.weft.dataplane.userspace.message.MessageType;
import dev.weft.dataplane.userspace.message.TransportDataLayout;
import dev.weft.dataplane.userspace.tun.Coalescer;
import dev.weft.dataplane.userspace.tun.SuperPacket;
import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.tun.TunQueue;
import dev.weft.linux.udp.ReceiveBatch;
import dev.weft.linux.udp.UdpSocket;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The path of packets through one worker. Outbound: a super-packet is read from the interface and
 * each of its packets encrypted out of the read buffer into the send buffer. Inbound: datagrams
 * that arrived together are decrypted one by one behind the super-packet that they continue.
 * Nothing is allocated a packet. Owned by the worker's thread. Source: WG §5.4.6.
 */
final class PacketPath {

  private static final int VNET_HEADER = 10;
  private static final int MAX_PACKET = 65_535;

  /** Behind a packet: padding, which is put back, is written in whole words. */
  private static final int TAIL_ROOM = 64;

  /** Octets read from the interface before the sockets get their turn, and reads at most. */
  private static final int READ_OCTETS = 4 << 16;

  private static final int READS = 64;

  private static final int RECEIVE_MESSAGES = 4;
  private static final int RECEIVE_OCTETS = 1 << 16;

  /** EBADFD: the interface was removed. */
  private static final int EBADFD = 77;

  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final LinuxDevice device;
  private final int worker;
  private final TunQueue queue;
  private final boolean hasVnetHeader;

  private final MemorySegment readMemory;
  private final SuperPacket packets = new SuperPacket();
  private final SendRun sending;
  private final DatagramSender sender;
  private final PacketBuffer slow;
  private final LoopGuard loops = new LoopGuard();
  private boolean mayLoop;
  private final UnreachableAnswers unreachable;
  private final MemorySegment answer;

  private final ReceiveBatch received;
  private final SourceEndpoints sources = new SourceEndpoints();
  private final ReceiveRun receiving;
  private final Coalescer coalescer;
  private final PacketBuffer datagram;
  private final PacketBuffer inner;
  private boolean merges;
  private boolean mergingChanged;

  private UnderlaySockets sockets;
  private long reads;
  private long messages;
  private long malformedFromInterface;
  private long looped;
  private long refusedByInterface;
  private long malformedDatagrams;

  PacketPath(LinuxDevice device, int worker, TunQueue queue, UnderlaySockets sockets, Arena arena) {
    this.device = device;
    this.worker = worker;
    this.queue = queue;
    this.sockets = sockets;
    hasVnetHeader = device.hasVnetHeader();
    readMemory = arena.allocate(VNET_HEADER + MAX_PACKET + TAIL_ROOM, 64);
    sending = new SendRun(worker + 1);
    sender = new DatagramSender(arena, sockets, worker, device.destinations());
    slow =
        new PacketBuffer(
            arena.allocate(WireGuardDevice.HEAD_ROOM + MAX_PACKET + WireGuardDevice.TAIL_ROOM, 16),
            WireGuardDevice.HEAD_ROOM);
    unreachable = new UnreachableAnswers(device.nowNanos());
    answer = arena.allocate(VNET_HEADER + UnreachableAnswers.MAX_LENGTH, 16);
    received = new ReceiveBatch(arena, RECEIVE_MESSAGES, RECEIVE_OCTETS);
    datagram = new PacketBuffer(received.memory(), 0);
    receiving = new ReceiveRun(worker + 1);
    merges = hasVnetHeader && device.offloads().tso();
    int flows = Coalescer.DEFAULT_FLOWS;
    MemorySegment merged = arena.allocate(Coalescer.memoryOctets(flows), 64);
    coalescer = new Coalescer(merged, flows, coalescing(), this::writeToInterface);
    inner = new PacketBuffer(merged, 0);
  }

  private Coalescer.Options coalescing() {
    return new Coalescer.Options(
        merges,
        merges && device.offloads().uso(),
        device.options().verifyChecksums(),
        hasVnetHeader);
  }

  /** Goes on with other sockets. */
  void use(UnderlaySockets others) {
    sockets = others;
    sender.use(others);
  }

  /** Whether packets to the interface are merged. */
  boolean coalesces() {
    return merges;
  }

  WorkerCounts counts() {
    return new WorkerCounts(
        reads,
        coalescer.writes(),
        coalescer.mergedPackets(),
        messages,
        sender.messages(),
        sender.datagrams(),
        malformedFromInterface,
        refusedByInterface,
        sender.dropped(),
        malformedDatagrams,
        unreachable.answers(),
        looped);
  }

  // Outbound.

  /** Sends what the interface has, up to a bound; false if it has nothing. */
  boolean fromInterface() {
    int octets = 0;
    int count = 0;
    while (count < READS && octets < READ_OCTETS) {
      int length = read();
      if (length <= 0) {
        break;
      }
      count++;
      octets += length;
      if (packets.begin(readMemory, 0, length)) {
        send(length - VNET_HEADER);
      } else {
        malformedFromInterface++;
      }
    }
    if (count == 0) {
      return false;
    }
    reads += count;
    endSending();
    sender.flush();
    return true;
  }

  /** A vnet header and a packet at the start of the memory; 0 if there is none. */
  private int read() {
    int start = hasVnetHeader ? 0 : VNET_HEADER;
    int length = queue.read(readMemory, start, VNET_HEADER + MAX_PACKET - start);
    if (length > 0) {
      if (!hasVnetHeader) {
        readMemory.asSlice(0, VNET_HEADER).fill((byte) 0);
      }
      return start + length;
    }
    if (length != 0 && length != -Errno.EAGAIN && length != -Errno.EINTR) {
      checkRead(-length);
    }
    return 0;
  }

  private void checkRead(int errno) {
    if (errno == EBADFD || errno == Errno.EBADF || errno == Errno.ENODEV) {
      throw new InterfaceRemovedException(device.name());
    }
    // An interface that is down gives EIO.
    if (errno != Errno.EIO) {
      throw new LinuxException("reading from interface " + device.name(), errno);
    }
  }

  /** After poll reported an error of the interface. */
  void checkInterface() {
    int length = queue.read(readMemory, 0, VNET_HEADER + MAX_PACKET);
    if (length < 0 && length != -Errno.EAGAIN) {
      checkRead(-length);
    }
  }

  private void send(int octets) {
    boolean isIpv6 = packets.isIpv6();
    long high = packets.destinationHigh();
    long low = packets.destinationLow();
    if (!sending.leadsTo(isIpv6, high, low)) {
      endSending();
      WireGuardDevice core = device.holdCore();
      try {
        core.beginSend(sending, isIpv6, high, low, device.nowNanos());
      } finally {
        device.releaseCore();
      }
      mayLoop = sending.isOpen() && loops.isEndpoint(sending.endpoint(), isIpv6, high, low);
    }
    if (mayLoop && isOwnDatagram(octets)) {
      looped++;
      return;
    }
    long counter = sending.isOpen() ? sending.reserve(packets.count()) : SendRun.REFUSED;
    if (counter == SendRun.REFUSED) {
      sendSlowly();
      return;
    }
    Endpoint endpoint = sending.endpoint();
    while (packets.next()) {
      int length = packets.packetLength();
      int target = sender.reserve(sending.sealedLength(length), endpoint);
      sending.seal(counter++, readMemory, packets.packetOffset(), length, sender.memory(), target);
    }
  }

  private boolean isOwnDatagram(int octets) {
    return sending.isOpen()
        && LoopGuard.isDatagram(
            readMemory, VNET_HEADER, octets, sockets.port(), sending.endpoint().port());
  }

  /** There is no session, no peer, or no counter left: the core decides, a packet at a time. */
  private void sendSlowly() {
    endSending();
    // What is encrypted already goes before what may be sent now.
    sender.flush();
    boolean isFirst = true;
    while (packets.next()) {
      if (isFirst) {
        isFirst = false;
        answerIfUnreachable();
      }
      slow.set(WireGuardDevice.HEAD_ROOM, packets.packetLength());
      MemorySegment.copy(
          readMemory,
          packets.packetOffset(),
          slow.segment(),
          slow.offset(),
          packets.packetLength());
      WireGuardDevice core = device.holdCore();
      try {
        core.sendIpPacket(slow, device.nowNanos(), device.sink());
      } finally {
        device.releaseCore();
      }
    }
  }

  /** Tells the host, once a super-packet, that its packets lead nowhere; the core drops them. */
  private void answerIfUnreachable() {
    WireGuardDevice core = device.holdCore();
    Reachability reachability;
    try {
      reachability =
          core.reachability(packets.isIpv6(), packets.destinationHigh(), packets.destinationLow());
    } finally {
      device.releaseCore();
    }
    if (reachability != Reachability.REACHABLE) {
      int length =
          unreachable.compose(
              readMemory,
              packets.packetOffset(),
              packets.packetLength(),
              device.nowNanos(),
              answer,
              VNET_HEADER);
      if (length > 0) {
        int header = hasVnetHeader ? VNET_HEADER : 0;
        writeToInterface(answer, VNET_HEADER - header, header + length);
      }
    }
  }

  private void endSending() {
    if (sending.isOpen()) {
      WireGuardDevice core = device.holdCore();
      try {
        core.endSend(sending, device.nowNanos(), device.sink());
      } finally {
        device.releaseCore();
      }
    }
  }

  // Inbound.

  /** Takes in what the sockets have, up to a bound; false if they have nothing. */
  boolean fromUnderlay() {
    boolean isBusy = receive(sockets.ipv4(worker));
    isBusy |= receive(sockets.ipv6(worker));
    return isBusy;
  }

  private boolean receive(@Nullable UdpSocket socket) {
    int count = socket == null ? 0 : socket.receive(received);
    if (count <= 0) {
      // Errors of earlier datagrams, such as ECONNREFUSED, are told here too; they mean nothing.
      return false;
    }
    messages += count;
    if (mergingChanged) {
      mergingChanged = false;
      coalescer.setOptions(coalescing());
    }
    for (int i = 0; i < count; i++) {
      receiveMessage(i);
    }
    endReceiving();
    coalescer.flush();
    return true;
  }

  private void receiveMessage(int index) {
    Endpoint source = sources.of(received, index);
    long offset = received.offset(index);
    int length = received.length(index);
    int segment = Math.max(1, received.segmentSize(index));
    for (int done = 0; done < length; done += segment) {
      int octets = Math.min(segment, length - done);
      boolean isCut = received.isTruncated(index) && done + octets == length;
      if (isCut || octets < Integer.BYTES) {
        malformedDatagrams++;
      } else if (octets >= TransportDataLayout.MIN_LENGTH
          && received.memory().get(U32, offset + done) == MessageType.TRANSPORT_DATA.code()) {
        receiveData(offset + done, octets, source);
      } else {
        receiveOther(index, offset + done, octets, source);
      }
    }
    if (receiving.isOpen() && receiving.isAuthentic()) {
      device.destinations().onAuthentic(source, received, index);
    }
  }

  private void receiveData(long offset, int length, Endpoint source) {
    MemorySegment memory = received.memory();
    int receiver = TransportDataLayout.receiver(memory, offset);
    if (!receiving.isFor(receiver, source)) {
      endReceiving();
      WireGuardDevice core = device.holdCore();
      try {
        if (!core.beginReceive(receiving, receiver, source, device.nowNanos())) {
          return;
        }
      } finally {
        device.releaseCore();
      }
    }
    int padded = length - TransportDataLayout.MIN_LENGTH;
    long target = coalescer.target(padded);
    if (receiving.open(memory, offset, length, coalescer.memory(), target) <= 0) {
      coalescer.reject();
      return;
    }
    inner.set(target, padded);
    if (!receiving.admit(inner) || device.listener().takesInner(inner)) {
      coalescer.reject();
    } else {
      coalescer.accept(inner.length());
    }
  }

  /** A handshake message, a cookie, or something that is not WireGuard's. */
  private void receiveOther(int index, long offset, int length, Endpoint source) {
    endReceiving();
    datagram.set(offset, length);
    if (device.listener().takesDatagram(datagram, source)) {
      return;
    }
    WireGuardDevice core = device.holdCore();
    try {
      device.sink().beginAnswering(source, received, index);
      core.receiveDatagram(datagram, source, device.nowNanos(), device.sink());
    } finally {
      device.sink().endAnswering();
      device.releaseCore();
    }
  }

  private void endReceiving() {
    if (receiving.isOpen()) {
      WireGuardDevice core = device.holdCore();
      try {
        core.endReceive(receiving, device.nowNanos(), device.sink());
      } finally {
        device.releaseCore();
      }
    }
  }

  private void writeToInterface(MemorySegment memory, long offset, int length) {
    int result = queue.write(memory, offset, length);
    if (result >= 0) {
      return;
    }
    refusedByInterface++;
    boolean isMerged = hasVnetHeader && memory.get(ValueLayout.JAVA_BYTE, offset + 1) != 0;
    if (isMerged && result == -Errno.EINVAL) {
      // The interface does not take such super-packets after all.
      merges = false;
      mergingChanged = true;
    }
  }
}
