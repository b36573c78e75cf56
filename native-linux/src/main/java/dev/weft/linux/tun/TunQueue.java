// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.tun;

import dev.weft.linux.libc.FileDescriptor;
import java.lang.foreign.MemorySegment;

/**
 * One queue of a {@link TunDevice}: each call moves one packet, which a {@code virtio_net_hdr} of
 * 10 octets precedes if the device has it. One thread reads, any thread may write; none may be
 * under way when the device is closed. Allocates nothing.
 */
public final class TunQueue {

  private final FileDescriptor descriptor;

  TunQueue(FileDescriptor descriptor) {
    this.descriptor = descriptor;
  }

  /** The number of the descriptor, to be polled. */
  public int descriptor() {
    return descriptor.number();
  }

  /**
   * Takes the next packet that the system sends. What does not fit is lost.
   *
   * @param target native memory
   * @return the octets of header and packet; or {@code -errno}: {@code -EAGAIN} if there is none,
   *     {@code -EBADFD} (77) when the interface is gone
   */
  public int read(MemorySegment target, long offset, int length) {
    return descriptor.read(target, offset, length);
  }

  /**
   * Lets the system receive a packet.
   *
   * @param source native memory
   * @return the octets taken; or {@code -errno}: {@code -EIO} as long as the interface is down,
   *     {@code -EINVAL} if header or packet are wrong
   */
  public int write(MemorySegment source, long offset, int length) {
    return descriptor.write(source, offset, length);
  }

  void close() {
    descriptor.close();
  }
}
