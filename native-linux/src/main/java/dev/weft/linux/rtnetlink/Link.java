// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.rtnetlink;

/**
 * A network interface.
 *
 * @param index the number that the kernel gave it
 * @param name its name
 * @param mtuOctets the longest packet
 * @param flags {@code IFF_…} of netdevice(7)
 */
public record Link(int index, String name, int mtuOctets, int flags) {

  static final int IFF_UP = 0x1;
  private static final int IFF_RUNNING = 0x40;

  /** Whether it is switched on. */
  public boolean isUp() {
    return (flags & IFF_UP) != 0;
  }

  /** Whether it can carry packets: it is up, and something is at the other end. */
  public boolean isRunning() {
    return (flags & IFF_RUNNING) != 0;
  }
}
