// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HexFormat;

/**
 * A TAI64N time stamp: 12 octets, a u64 of seconds and a u32 of nanoseconds, both big-endian. Only
 * the order of two stamps matters to a receiver, so any 12 octets are accepted from the wire. Equal
 * by value, ordered as its octets; immutable and thread-safe. Source: WG §5.4.2 and §5.1.
 *
 * @param label the seconds: 2<sup>62</sup> + 10 + seconds since 1970, unsigned
 * @param nanos the nanoseconds, an unsigned 32-bit number
 */
public record Tai64n(long label, int nanos) implements Comparable<Tai64n> {

  /** Octets of a stamp. */
  public static final int LENGTH = 12;

  /** The least stamp: what a receiver compares with before it has seen any. */
  public static final Tai64n MIN = new Tai64n(0, 0);

  private static final long EPOCH_LABEL = 0x4000_0000_0000_000aL;

  /** The stamp of an instant, to the nanosecond. */
  public static Tai64n of(Instant instant) {
    return new Tai64n(EPOCH_LABEL + instant.getEpochSecond(), instant.getNano());
  }

  /**
   * The stamp in 12 octets.
   *
   * @throws IllegalArgumentException if there are not 12 octets
   */
  public static Tai64n decode(byte[] octets) {
    Lengths.require(octets, LENGTH, "a TAI64N time stamp");
    ByteBuffer buffer = ByteBuffer.wrap(octets);
    return new Tai64n(buffer.getLong(), buffer.getInt());
  }

  /** The 12 octets, as a new array. */
  public byte[] octets() {
    return ByteBuffer.allocate(LENGTH).putLong(label).putInt(nanos).array();
  }

  /** Whether this stamp is greater than the other, as each new handshake's must be. */
  public boolean isAfter(Tai64n other) {
    return compareTo(other) > 0;
  }

  /** Unsigned order of the octets. */
  @Override
  public int compareTo(Tai64n other) {
    int seconds = Long.compareUnsigned(label, other.label);
    return seconds != 0 ? seconds : Integer.compareUnsigned(nanos, other.nanos);
  }

  /** 24 hexadecimal digits. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(octets());
  }
}
