// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/** A client of a {@link UapiServer}. Used by the server's thread. */
final class UapiConnection {

  /** How long neither side may be silent. */
  static final Duration IDLE_BOUND = Duration.ofSeconds(5);

  /** How long a request and its answer may take, however lively. */
  static final Duration REQUEST_BOUND = Duration.ofSeconds(60);

  /** Reads before others have their turn. */
  private static final int READS_AT_ONCE = 16;

  /**
   * Memory for what comes and goes, outside of the heap so that no other copy of a key is made on
   * its way.
   */
  record Buffers(ByteBuffer input, ByteBuffer output) {

    private static final int OCTETS = 16384;

    static Buffers allocate() {
      return new Buffers(ByteBuffer.allocateDirect(OCTETS), ByteBuffer.allocateDirect(OCTETS));
    }

    /** Empty, to be read from, and without a trace of what was in them. */
    void erase() {
      erase(input);
      erase(output);
    }

    private static void erase(ByteBuffer buffer) {
      buffer.clear();
      while (buffer.hasRemaining()) {
        buffer.put((byte) 0);
      }
      buffer.limit(0);
    }
  }

  private final SocketChannel channel;
  private final SelectionKey key;
  private final UapiConversation conversation;
  private final Buffers buffers;
  private long movedNanos;
  private long requestNanos;
  private int answers;

  UapiConnection(
      SocketChannel channel,
      SelectionKey key,
      ConfigurableDevice device,
      Buffers buffers,
      long nowNanos) {
    this.channel = channel;
    this.key = key;
    this.buffers = buffers;
    conversation = new UapiConversation(device);
    buffers.erase();
    movedNanos = nowNanos;
    requestNanos = nowNanos;
  }

  Buffers buffers() {
    return buffers;
  }

  /** When it has been silent, or busy with one request, for too long. */
  long deadlineNanos() {
    long idle = movedNanos + IDLE_BOUND.toNanos();
    long request = requestNanos + REQUEST_BOUND.toNanos();
    return idle - request < 0 ? idle : request;
  }

  /**
   * Goes on as far as the channel lets it.
   *
   * @return whether there is more to come
   */
  boolean proceed(long nowNanos) throws IOException {
    int reads = 0;
    while (true) {
      if (buffers.output().hasRemaining() || conversation.hasOutput()) {
        if (!write(nowNanos)) {
          key.interestOps(SelectionKey.OP_WRITE);
          return true;
        }
      } else if (conversation.isOver()) {
        return false;
      } else if (buffers.input().hasRemaining()) {
        conversation.receive(buffers.input());
      } else if (reads++ == READS_AT_ONCE || !read(nowNanos)) {
        key.interestOps(SelectionKey.OP_READ);
        return true;
      }
      if (conversation.answers() != answers) {
        answers = conversation.answers();
        requestNanos = nowNanos;
      }
    }
  }

  /** Ends the connection and erases what it holds. */
  void close() throws IOException {
    conversation.close();
    buffers.erase();
    channel.close();
  }

  /** Whether anything could be written. */
  private boolean write(long nowNanos) throws IOException {
    ByteBuffer output = buffers.output();
    if (!output.hasRemaining()) {
      output.clear();
      conversation.takeOutput(output);
      output.flip();
    }
    int written = channel.write(output);
    if (written > 0) {
      movedNanos = nowNanos;
    }
    return written > 0;
  }

  /** Whether anything was read, be it the end. */
  private boolean read(long nowNanos) throws IOException {
    ByteBuffer input = buffers.input();
    input.clear();
    int octets = channel.read(input);
    input.flip();
    if (octets < 0) {
      conversation.endOfInput();
    } else if (octets > 0) {
      movedNanos = nowNanos;
    }
    return octets != 0;
  }
}
