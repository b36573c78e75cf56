// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.netlink;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.FileDescriptor;
import dev.weft.linux.libc.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A socket to the kernel, in the network namespace of the thread that opens it. Requests block
 * until the kernel has answered or {@link #RECEIVE_TIMEOUT} has passed without a message, so they
 * belong on a platform thread. Used by one thread at a time. Source: netlink(7).
 */
public final class NetlinkSocket implements AutoCloseable {

  /** {@code NETLINK_ROUTE}: links, addresses, routes, rules. */
  public static final int ROUTE = 0;

  /** {@code NETLINK_GENERIC}: families that have a name. */
  public static final int GENERIC = 16;

  /** How long one receive waits. */
  public static final Duration RECEIVE_TIMEOUT = Duration.ofSeconds(5);

  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVTIMEO = 20;
  private static final int SOL_NETLINK = 270;
  private static final int NETLINK_CAP_ACK = 10;
  private static final int NETLINK_EXT_ACK = 11;
  private static final int NETLINK_GET_STRICT_CHK = 12;
  private static final int MSG_TRUNC = 0x20;

  // The kernel fills at most 32 KiB of a dump at once (netlink_dump) and sizes it to what was last
  // received into; single answers are smaller.
  private static final int RECEIVE_OCTETS = 64 * 1024;
  private static final int MAX_REQUEST_OCTETS = 256 * 1024;

  // A dump that changes meanwhile is repeated: NLM_F_DUMP_INTR.
  private static final int MAX_DUMPS = 8;

  // Interruptions, and datagrams that answer earlier requests or come from another process.
  private static final int MAX_USELESS_RECEIVES = 1024;

  private static final int PORT_AT = NetlinkLayouts.offset(NetlinkLayouts.SOCKADDR_NL, "nl_pid");

  private final FileDescriptor descriptor;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment received = arena.allocate(RECEIVE_OCTETS, 4);
  private final MemorySegment kernel = arena.allocate(NetlinkLayouts.SOCKADDR_NL);
  private final MemorySegment sender = arena.allocate(NetlinkLayouts.SOCKADDR_NL);
  private final MemorySegment senderLength = arena.allocate(JAVA_INT);
  private int sequence;
  private boolean closed;

  private NetlinkSocket(FileDescriptor descriptor) {
    this.descriptor = descriptor;
    kernel.set(JAVA_SHORT, 0, (short) AF_NETLINK);
  }

  /** Makes a row of a message of a dump; empty for one that is not wanted. */
  @FunctionalInterface
  public interface Decoder<T> {

    /** Reads one message; it must not keep it. */
    Optional<T> decode(NetlinkMessage message) throws MalformedMessageException;
  }

  /**
   * Opens a socket.
   *
   * @param protocol {@link #ROUTE} or {@link #GENERIC}
   * @throws LinuxException if there is no netlink here, or native access is denied
   */
  public static NetlinkSocket open(int protocol) {
    try {
      int number = SocketCalls.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol);
      LinuxException.check("opening a netlink socket", number);
      NetlinkSocket socket = new NetlinkSocket(new FileDescriptor(number));
      try {
        socket.configure();
      } catch (RuntimeException e) {
        socket.close();
        throw e;
      }
      return socket;
    } catch (ExceptionInInitializerError | NoClassDefFoundError | IllegalCallerException e) {
      // The caller reports why a plane cannot be used; an error would escape it.
      throw new LinuxException("netlink needs native access, which failed: " + e);
    }
  }

  private void configure() {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment timeout = scratch.allocate(NetlinkLayouts.TIMEVAL);
      timeout.set(JAVA_LONG, 0, RECEIVE_TIMEOUT.toSeconds());
      LinuxException.check(
          "limiting the wait for netlink",
          SocketCalls.setsockopt(descriptor.number(), SOL_SOCKET, SO_RCVTIMEO, timeout));
      MemorySegment on = scratch.allocateFrom(JAVA_INT, 1);
      for (int option : new int[] {NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK}) {
        // Older kernels lack them: then errors have no text, and dumps are filtered here alone.
        int _ = SocketCalls.setsockopt(descriptor.number(), SOL_NETLINK, option, on);
      }
    }
    LinuxException.check("binding a netlink socket", SocketCalls.bind(descriptor.number(), kernel));
  }

  /**
   * Has something done, and waits until it is.
   *
   * @param operation what, for the exception: {@code adding route 10.0.0.0/8}
   * @throws NetlinkException if the kernel refuses or does not answer
   */
  public void execute(String operation, NetlinkRequest request) {
    send(operation, request, NetlinkRequest.FLAG_ACK);
    Exchange<Void> exchange = new Exchange<>(_ -> Optional.empty());
    exchange.run(operation);
    exchange.check(operation);
  }

  /**
   * Asks for one thing.
   *
   * @throws NetlinkException if the kernel refuses or does not answer
   */
  public <T> Optional<T> ask(String operation, NetlinkRequest request, Decoder<T> decoder) {
    send(operation, request, NetlinkRequest.FLAG_ACK);
    Exchange<T> exchange = new Exchange<>(decoder);
    exchange.run(operation);
    exchange.check(operation);
    return exchange.rows.stream().findFirst();
  }

  /**
   * Asks for a list. Repeats that if the list changed meanwhile.
   *
   * @throws NetlinkException if the kernel refuses, does not answer, or the list keeps changing
   */
  public <T> List<T> dump(String operation, NetlinkRequest request, Decoder<T> decoder) {
    for (int attempt = 0; attempt < MAX_DUMPS; attempt++) {
      send(operation, request, NetlinkRequest.FLAG_DUMP);
      Exchange<T> exchange = new Exchange<>(decoder);
      exchange.run(operation);
      exchange.check(operation);
      if (!exchange.changed) {
        return exchange.rows;
      }
    }
    throw new NetlinkException(operation, Errno.EINTR, "the list keeps changing");
  }

  private void send(String operation, NetlinkRequest request, int flags) {
    if (closed) {
      throw new IllegalStateException("the netlink socket is closed");
    }
    ByteBuffer message = request.encode(flags, ++sequence);
    if (message.remaining() > MAX_REQUEST_OCTETS) {
      throw new NetlinkException(operation, Errno.EMSGSIZE, message.remaining() + " octets");
    }
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment octets = scratch.allocate(message.remaining(), 4);
      octets.copyFrom(MemorySegment.ofBuffer(message));
      int result = SocketCalls.sendto(descriptor.number(), octets, kernel);
      if (result < 0) {
        throw new NetlinkException(operation, -result, "");
      }
    }
  }

  /** One request's answers, read to their end so that the next request finds none of them. */
  private final class Exchange<T> {

    private final Decoder<T> decoder;
    private final List<T> rows = new ArrayList<>();
    private boolean changed;
    private boolean ended;
    private KernelError error = new KernelError(0, "");
    private @Nullable MalformedMessageException malformed;

    Exchange(Decoder<T> decoder) {
      this.decoder = decoder;
    }

    void run(String operation) {
      int useless = 0;
      while (!ended) {
        ByteBuffer datagram = receive(operation);
        boolean useful = false;
        if (datagram.hasRemaining()) {
          try {
            useful = take(NetlinkMessage.split(datagram));
          } catch (MalformedMessageException e) {
            throw new NetlinkException(operation, Errno.EIO, "answer not understood: " + e);
          }
        }
        if (!useful && ++useless > MAX_USELESS_RECEIVES) {
          throw new NetlinkException(operation, Errno.EIO, "no answer among other messages");
        }
      }
    }

    private boolean take(List<NetlinkMessage> messages) throws MalformedMessageException {
      boolean useful = false;
      for (NetlinkMessage message : messages) {
        if (message.sequence() != sequence || ended) {
          continue; // The answer to a request that was given up.
        }
        useful = true;
        changed |= (message.flags() & NetlinkMessage.FLAG_DUMP_INTR) != 0;
        switch (message.type()) {
          case NetlinkMessage.TYPE_NOOP -> {}
          case NetlinkMessage.TYPE_ERROR -> {
            error = KernelError.ofError(message);
            ended = true;
          }
          case NetlinkMessage.TYPE_DONE -> {
            error = KernelError.ofDone(message);
            ended = true;
          }
          case NetlinkMessage.TYPE_OVERRUN -> error = new KernelError(Errno.ENOBUFS, "overrun");
          default -> decode(message);
        }
      }
      return useful;
    }

    private void decode(NetlinkMessage message) {
      try {
        decoder.decode(message).ifPresent(rows::add);
      } catch (MalformedMessageException e) {
        malformed = e;
      }
    }

    void check(String operation) {
      if (error.errno() != 0) {
        throw new NetlinkException(operation, error.errno(), error.text());
      }
      if (malformed != null) {
        throw new NetlinkException(operation, Errno.EIO, "answer not understood: " + malformed);
      }
    }
  }

  /** One datagram; an empty one if it was not from the kernel, or if a signal came first. */
  private ByteBuffer receive(String operation) {
    senderLength.set(JAVA_INT, 0, (int) sender.byteSize());
    int length =
        SocketCalls.recvfrom(descriptor.number(), received, MSG_TRUNC, sender, senderLength);
    if (length == -Errno.EINTR) {
      return ByteBuffer.allocate(0);
    }
    if (length == -Errno.EAGAIN) {
      throw new NetlinkException(
          operation, Errno.EAGAIN, "no answer in " + RECEIVE_TIMEOUT.toSeconds() + " s");
    }
    if (length < 0) {
      throw new NetlinkException(operation, -length, "");
    }
    if (length > RECEIVE_OCTETS) {
      throw new NetlinkException(operation, Errno.EMSGSIZE, "an answer of " + length + " octets");
    }
    // Any process may send to this socket; only the kernel has port 0.
    return sender.get(JAVA_INT, PORT_AT) == 0
        ? ByteBuffer.wrap(received.asSlice(0, length).toArray(JAVA_BYTE))
        : ByteBuffer.allocate(0);
  }

  /** Idempotent. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      descriptor.close();
      arena.close();
    }
  }
}
