// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.overlay.PingException;
import dev.weft.spi.RandomSource;
import dev.weft.spi.Scheduler;
import dev.weft.transport.PacketBuffer;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * The echo requests that wait for an answer. They carry an identifier of this plane's and 16 random
 * octets, so that pings of other software on the same addresses are told apart. Owned by the
 * overlay's queue.
 */
final class Pings {

  /** The most that may wait at once. */
  static final int MAX_WAITING = 1024;

  private static final int TOKEN_LENGTH = 16;
  private static final int NONE = -1;

  private static final class Waiting {
    final InetAddress target;
    final byte[] targetOctets;
    final byte[] token;
    final long sentNanos;
    final Scheduler.Cancellable timer;
    final CompletableFuture<Duration> answer = new CompletableFuture<>();

    Waiting(InetAddress target, byte[] token, long sentNanos, Scheduler.Cancellable timer) {
      this.target = target;
      targetOctets = target.getAddress();
      this.token = token;
      this.sentNanos = sentNanos;
      this.timer = timer;
    }
  }

  private final Scheduler queue;
  private final RandomSource random;
  private final int identifier;
  private final Map<Integer, Waiting> waiting = new ConcurrentHashMap<>();
  private int nextSequence;

  Pings(Scheduler queue, RandomSource random) {
    this.queue = queue;
    this.random = random;
    identifier = random.nextInt(1 << 16);
  }

  /**
   * Sends an echo request.
   *
   * @param output sends the packet, whose memory is its own
   * @return completed on the queue; exceptionally {@link PingException}
   */
  CompletionStage<Duration> ping(
      InetAddress source,
      InetAddress target,
      Duration timeout,
      long nowNanos,
      Consumer<PacketBuffer> output) {
    if (waiting.size() >= MAX_WAITING) {
      return CompletableFuture.failedFuture(
          new PingException(
              "pinging "
                  + target.getHostAddress()
                  + " failed: "
                  + MAX_WAITING
                  + " pings wait for their answers already"));
    }
    int sequence = freeSequence();
    byte[] token = new byte[TOKEN_LENGTH];
    random.nextBytes(token);
    Scheduler.Cancellable timer =
        queue.schedule(nanos(timeout), () -> fail(sequence, "no answer within " + timeout));
    Waiting ping = new Waiting(target, token, nowNanos, timer);
    waiting.put(sequence, ping);
    output.accept(InnerPacketWriter.echoRequest(source, target, identifier, sequence, token));
    return ping.answer;
  }

  /** Whether an ICMP message to an own address answers one of these pings, or refuses one. */
  boolean isAwaited(InnerPacket packet) {
    return sequenceOf(packet) != NONE;
  }

  /** Whether some ping waits for its answer. Any thread. */
  boolean isAnyWaiting() {
    return !waiting.isEmpty();
  }

  /** Takes a message for which {@link #isAwaited} holds and whose checksums are right. */
  void accept(InnerPacket packet, long nowNanos) {
    int sequence = sequenceOf(packet);
    Waiting ping = waiting.get(sequence);
    if (ping == null) {
      return;
    }
    if (packet.icmpType() == IcmpLayout.echoReply(packet.isIpv6())) {
      waiting.remove(sequence);
      ping.timer.cancel();
      ping.answer.complete(Duration.ofNanos(nowNanos - ping.sentNanos));
      return;
    }
    fail(
        sequence,
        packet.sourceAddress().getHostAddress()
            + " answered that it is unreachable (ICMP"
            + (packet.isIpv6() ? "v6" : "")
            + " type "
            + packet.icmpType()
            + ", code "
            + packet.icmpCode()
            + ")");
  }

  /** Fails all that wait. */
  void close(String reason) {
    for (int sequence : List.copyOf(waiting.keySet())) {
      fail(sequence, reason);
    }
  }

  private void fail(int sequence, String reason) {
    Waiting ping = waiting.remove(sequence);
    if (ping != null) {
      ping.timer.cancel();
      ping.answer.completeExceptionally(
          new PingException("pinging " + ping.target.getHostAddress() + " failed: " + reason));
    }
  }

  /** The sequence number of the ping a message is about, or {@link #NONE}. */
  private int sequenceOf(InnerPacket packet) {
    if (waiting.isEmpty()) {
      return NONE;
    }
    boolean ipv6 = packet.isIpv6();
    int type = packet.icmpType();
    MemorySegment segment = packet.segment();
    if (type == IcmpLayout.echoReply(ipv6)) {
      int sequence = echoSequence(segment, packet.payload());
      Waiting ping = waiting.get(sequence);
      return ping != null
              && packet.payloadLength() == IcmpLayout.BODY + TOKEN_LENGTH
              && isAddress(segment, packet.source(), packet.addressLength(), ping)
              && PacketOctets.equal(segment, packet.payload() + IcmpLayout.BODY, ping.token)
          ? sequence
          : NONE;
    }
    return type == IcmpLayout.unreachable(ipv6) || type == IcmpLayout.timeExceeded(ipv6)
        ? quotedSequence(packet)
        : NONE;
  }

  /**
   * The sequence number of the echo request that an error quotes. Eight octets of it are all that
   * an error must quote (RFC 792), so the token may be missing.
   */
  private int quotedSequence(InnerPacket packet) {
    boolean ipv6 = packet.isIpv6();
    MemorySegment segment = packet.segment();
    long quote = packet.payload() + IcmpLayout.BODY;
    int quoteLength = packet.payloadLength() - IcmpLayout.BODY;
    int headerLength = InnerPacketWriter.ipHeaderLength(ipv6);
    if (quoteLength < headerLength + IcmpLayout.BODY) {
      return NONE;
    }
    // Requests leave without options or extension headers, so their headers have one length.
    int versionOctet = PacketOctets.u8(segment, quote);
    int protocol =
        PacketOctets.u8(segment, quote + (ipv6 ? Ipv6Layout.NEXT_HEADER : Ipv4Layout.PROTOCOL));
    long icmp = quote + headerLength;
    if ((ipv6 ? versionOctet >>> 4 != 6 : versionOctet != 0x45)
        || protocol != IcmpLayout.protocol(ipv6)
        || PacketOctets.u8(segment, icmp + IcmpLayout.TYPE) != IcmpLayout.echoRequest(ipv6)) {
      return NONE;
    }
    int sequence = echoSequence(segment, icmp);
    Waiting ping = waiting.get(sequence);
    long destination = quote + (ipv6 ? Ipv6Layout.DESTINATION : Ipv4Layout.DESTINATION);
    return ping != null && isAddress(segment, destination, packet.addressLength(), ping)
        ? sequence
        : NONE;
  }

  private int echoSequence(MemorySegment segment, long icmp) {
    return PacketOctets.u16(segment, icmp + IcmpLayout.IDENTIFIER) == identifier
        ? PacketOctets.u16(segment, icmp + IcmpLayout.SEQUENCE)
        : NONE;
  }

  private static boolean isAddress(MemorySegment segment, long offset, int length, Waiting ping) {
    return ping.targetOctets.length == length
        && PacketOctets.equal(segment, offset, ping.targetOctets);
  }

  private int freeSequence() {
    while (waiting.containsKey(nextSequence)) {
      nextSequence = nextSequence + 1 & 0xffff;
    }
    int sequence = nextSequence;
    nextSequence = nextSequence + 1 & 0xffff;
    return sequence;
  }

  private static long nanos(Duration timeout) {
    try {
      return Math.max(0, timeout.toNanos());
    } catch (ArithmeticException e) {
      return timeout.isNegative() ? 0 : Long.MAX_VALUE;
    }
  }
}
