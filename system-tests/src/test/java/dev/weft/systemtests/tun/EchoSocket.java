// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import dev.weft.linux.libc.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Sends ICMP echo requests from a namespace, one at a time, and compares the answers octet by
 * octet. For one thread.
 */
final class EchoSocket implements AutoCloseable {

  private static final int HEADER = 8;
  private static final int MAX_DATA = 65_507;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment request = arena.allocate(HEADER + MAX_DATA, 8);
  private final MemorySegment answer = arena.allocate(HEADER + MAX_DATA, 8);
  private final SplittableRandom random = new SplittableRandom(42);
  private final boolean ipv6;
  private final int descriptor;
  private int sequence;

  EchoSocket(Namespace namespace, InetAddress target, Duration timeout) {
    ipv6 = target.getAddress().length == 16;
    descriptor = namespace.call(() -> Native.openPing(target, timeout));
  }

  /**
   * Sends a request with that many octets of data.
   *
   * @return {@code ""} if the right answer came in time, else what happened
   */
  String ping(int octets) {
    byte[] data = new byte[octets];
    random.nextBytes(data);
    sequence = sequence + 1 & 0xffff;
    // The system writes identifier and checksum.
    request.asSlice(0, HEADER).fill((byte) 0);
    request.set(ValueLayout.JAVA_BYTE, 0, (byte) (ipv6 ? 128 : 8));
    request.set(ValueLayout.JAVA_BYTE, 6, (byte) (sequence >>> 8));
    request.set(ValueLayout.JAVA_BYTE, 7, (byte) sequence);
    MemorySegment.copy(data, 0, request, ValueLayout.JAVA_BYTE, HEADER, octets);
    try {
      int sent = Native.send(descriptor, request, HEADER + octets);
      if (sent < 0) {
        return octets + " octets not sent: " + Errno.describe(-sent);
      }
      while (true) {
        int length = Native.receive(descriptor, answer);
        if (length < 0) {
          return octets + " octets not answered: " + Errno.describe(-length);
        }
        int number =
            ((answer.get(ValueLayout.JAVA_BYTE, 6) & 0xff) << 8)
                | (answer.get(ValueLayout.JAVA_BYTE, 7) & 0xff);
        if (number != sequence) {
          // A late answer to an earlier request.
          continue;
        }
        byte[] got =
            answer.asSlice(HEADER, Math.max(0, length - HEADER)).toArray(ValueLayout.JAVA_BYTE);
        return Arrays.equals(data, got) ? "" : octets + " octets came back changed: " + got.length;
      }
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    try {
      Native.close(descriptor);
    } catch (IOException e) {
      throw new AssertionError(e);
    } finally {
      arena.close();
    }
  }
}
