// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import java.nio.ByteBuffer;

/** A datagram of a simulated underlay, from the moment it is sent. Immutable; equal by identity. */
public final class Datagram {

  private final long number;
  private final SimHost sender;
  private final byte[] octets;

  /** Takes ownership of the array. */
  Datagram(long number, SimHost sender, byte[] octets) {
    this.number = number;
    this.sender = sender;
    this.octets = octets;
  }

  /** Its number in the order of sending, from 0; copies made on the way have the same. */
  public long number() {
    return number;
  }

  /** The host that sent it. */
  public SimHost sender() {
    return sender;
  }

  /** Octets of UDP payload. */
  public int length() {
    return octets.length;
  }

  /** The UDP payload, read-only, big-endian. */
  public ByteBuffer payload() {
    return ByteBuffer.wrap(octets).asReadOnlyBuffer();
  }

  /** The payload itself: not to be changed. */
  byte[] octets() {
    return octets;
  }

  @Override
  public String toString() {
    return "datagram " + number + " of " + sender + ", " + octets.length + " octets";
  }
}
