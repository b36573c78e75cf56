// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Text that waits to be sent. It may hold keys, so what was sent and what is left behind when it
 * grows is overwritten. Used by one thread.
 */
final class OctetWriter {

  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  private byte[] octets = new byte[512];
  private int start;
  private int end;

  /** Adds {@code key=value} and a newline, both ASCII. */
  void line(String key, String value) {
    ascii(key);
    octet('=');
    ascii(value);
    octet('\n');
  }

  /** Adds {@code key=} and the octets in hexadecimal digits, and a newline. */
  void hexLine(String key, byte[] value) {
    ascii(key);
    octet('=');
    for (byte octet : value) {
      octet(HEX[octet >> 4 & 0xf]);
      octet(HEX[octet & 0xf]);
    }
    octet('\n');
  }

  /** Adds an empty line. */
  void emptyLine() {
    octet('\n');
  }

  boolean isEmpty() {
    return start == end;
  }

  /** Moves as much as fits to the target. */
  void drainTo(ByteBuffer target) {
    int length = Math.min(end - start, target.remaining());
    target.put(octets, start, length);
    Arrays.fill(octets, start, start + length, (byte) 0);
    start += length;
    if (start == end) {
      start = 0;
      end = 0;
    }
  }

  /** Forgets and overwrites everything. */
  void erase() {
    Arrays.fill(octets, (byte) 0);
    start = 0;
    end = 0;
  }

  private void ascii(String text) {
    for (int i = 0; i < text.length(); i++) {
      octet(text.charAt(i));
    }
  }

  private void octet(int value) {
    if (end == octets.length) {
      byte[] larger = Arrays.copyOf(octets, octets.length * 2);
      Arrays.fill(octets, (byte) 0);
      octets = larger;
    }
    octets[end++] = (byte) value;
  }
}
