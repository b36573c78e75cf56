// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.bind;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.udp.SendBatch;
import dev.weft.linux.udp.SocketAddress;
import dev.weft.linux.udp.UdpSocket;
import dev.weft.transport.Endpoint;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams that leave with few system calls: those of equal length to one endpoint as one message
 * (UDP_SEGMENT), several messages with one call (sendmmsg). Callers write into {@link #memory()}
 * where {@link #reserve} says. Owned by one thread. Memory: {@link #MEMORY_OCTETS} and the headers
 * of {@link #MESSAGES} messages.
 */
public final class DatagramSender {

  /** Octets of datagrams that wait at most. */
  public static final int MEMORY_OCTETS = 4 << 16;

  /** Messages that wait at most. */
  static final int MESSAGES = 64;

  /** What the kernel takes as one message: UDP_MAX_SEGMENTS of old kernels, and IPv4's length. */
  private static final int MAX_SEGMENTS = 64;

  private static final int MAX_MESSAGE_OCTETS = 65_507;

  private final MemorySegment memory;
  private final SendBatch ipv4;
  private final SendBatch ipv6;
  private final SendBatch single;
  private final Endpoint[] endpoints4 = new Endpoint[MESSAGES];
  private final Endpoint[] endpoints6 = new Endpoint[MESSAGES];
  private final Destinations destinations;
  private final int worker;
  private UnderlaySockets sockets;

  /** The message being gathered. */
  private @Nullable Endpoint endpoint;

  private @Nullable SocketAddress address;
  private boolean mayJoin;
  private int start;
  private int end;
  private int segment;
  private int segments;

  private long messages;
  private long datagrams;
  private long dropped;
  private int lastError;

  /**
   * A sender.
   *
   * @param arena lives at least as long as this
   * @param worker whose sockets to use
   */
  public DatagramSender(
      Arena arena, UnderlaySockets sockets, int worker, Destinations destinations) {
    memory = arena.allocate(MEMORY_OCTETS, 64);
    ipv4 = new SendBatch(arena, MESSAGES);
    ipv6 = new SendBatch(arena, MESSAGES);
    single = new SendBatch(arena, 1);
    this.sockets = sockets;
    this.worker = worker;
    this.destinations = destinations;
  }

  /** Where datagrams are written. */
  public MemorySegment memory() {
    return memory;
  }

  /** Sends with other sockets from now on; nothing may be waiting. */
  public void use(UnderlaySockets others) {
    sockets = others;
  }

  /**
   * Room for a datagram of exactly that length, which the caller writes before the next call.
   *
   * @param octets up to 65,507
   * @return its offset in {@link #memory()}
   */
  public int reserve(int octets, Endpoint destination) {
    if (segments > 0
        && mayJoin
        && octets <= segment
        && segments < MAX_SEGMENTS
        && end - start + octets <= MAX_MESSAGE_OCTETS
        && end + octets <= MEMORY_OCTETS
        && destination.equals(endpoint)) {
      // Only the last may be shorter.
      mayJoin = octets == segment;
      segments++;
      int offset = end;
      end += octets;
      return offset;
    }
    close();
    if (end + octets > MEMORY_OCTETS || ipv4.isFull() || ipv6.isFull()) {
      transmit();
    }
    if (!destination.equals(endpoint)) {
      endpoint = destination;
      address = destinations.of(destination);
    }
    mayJoin = sockets.hasGso() && destinations.mayOffload(destination);
    start = end;
    end += octets;
    segment = octets;
    segments = 1;
    return start;
  }

  /** Sends all that waits. */
  public void flush() {
    close();
    transmit();
    endpoint = null;
  }

  /** Ends the message being gathered. */
  private void close() {
    if (segments == 0) {
      return;
    }
    SocketAddress to = Objects.requireNonNull(address);
    boolean isIpv6 = to.isIpv6();
    SendBatch batch = isIpv6 ? ipv6 : ipv4;
    (isIpv6 ? endpoints6 : endpoints4)[batch.size()] = Objects.requireNonNull(endpoint);
    batch.add(memory, start, end - start, segments == 1 ? 0 : segment, to);
    datagrams += segments;
    segments = 0;
  }

  private void transmit() {
    transmit(sockets.ipv4(worker), ipv4, endpoints4);
    transmit(sockets.ipv6(worker), ipv6, endpoints6);
    end = 0;
  }

  private void transmit(@Nullable UdpSocket socket, SendBatch batch, Endpoint[] to) {
    int size = batch.size();
    if (size == 0) {
      return;
    }
    messages += size;
    int sent = 0;
    while (sent < size) {
      int result = socket == null ? -Errno.EAFNOSUPPORT : socket.send(batch, sent);
      if (result > 0) {
        sent += result;
      } else {
        if (socket == null || !recover(socket, batch, sent, to[sent], -result)) {
          lastError = -result;
          dropped += segmentsOf(batch, sent);
        }
        sent++;
      }
    }
    batch.clear();
  }

  /** Tries a refused message in another way. */
  private boolean recover(UdpSocket socket, SendBatch batch, int index, Endpoint to, int errno) {
    SocketAddress destination = batch.destination(index);
    boolean isOffloaded = segmentsOf(batch, index) > 1;
    if (errno == Errno.EIO && isOffloaded) {
      // The interface does not compute checksums, so it cannot segment either.
      sockets.giveUpGso();
      return sendSeparately(socket, batch, index, destination);
    }
    if (destination.hasSource() && isSourceProblem(errno)) {
      destinations.forgetSource(to);
      if (to.equals(endpoint)) {
        address = destination.withoutSource();
      }
      return sendSeparately(socket, batch, index, destination.withoutSource());
    }
    if (isOffloaded && (errno == Errno.EMSGSIZE || errno == Errno.EINVAL)) {
      // The path's MTU is below the segments': the kernel fragments single datagrams only.
      destinations.giveUpOffload(to);
      return sendSeparately(socket, batch, index, destination);
    }
    return false;
  }

  /** The own address is gone, or does not lead there any more. */
  private static boolean isSourceProblem(int errno) {
    return errno == Errno.EINVAL
        || errno == Errno.EADDRNOTAVAIL
        || errno == Errno.ENETUNREACH
        || errno == Errno.EHOSTUNREACH
        || errno == Errno.ENODEV
        || errno == Errno.EPERM;
  }

  /** Sends the datagrams of a message one by one; false if none was taken. */
  private boolean sendSeparately(
      UdpSocket socket, SendBatch batch, int index, SocketAddress destination) {
    int length = batch.length(index);
    int size = batch.segmentSize(index) == 0 ? length : batch.segmentSize(index);
    long offset = batch.payloadOffset(index);
    int refused = 0;
    int count = 0;
    for (int done = 0; done < length; done += size) {
      single.clear();
      single.add(memory, offset + done, Math.min(size, length - done), 0, destination);
      int result = socket.send(single, 0);
      count++;
      if (result < 1) {
        refused++;
        lastError = -result;
      }
    }
    if (refused == count) {
      return false;
    }
    dropped += refused;
    return true;
  }

  private static int segmentsOf(SendBatch batch, int index) {
    int size = batch.segmentSize(index);
    int length = batch.length(index);
    return size == 0 ? 1 : (length + size - 1) / size;
  }

  /** Messages handed to the kernel. */
  public long messages() {
    return messages;
  }

  /** Datagrams in them. */
  public long datagrams() {
    return datagrams;
  }

  /** Datagrams that the kernel refused. */
  public long dropped() {
    return dropped;
  }

  /** The error of the last refusal; 0 if there was none. */
  public int lastError() {
    return lastError;
  }
}
