// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.transport.Endpoint;
import java.nio.charset.StandardCharsets;

/** A number that stands for everything that happened on the wire, when and in which order. */
final class TraceHash implements WireObserver {

  // FNV-1a, 64 bit: enough to tell two traces apart, no protection against anybody.
  private static final long OFFSET_BASIS = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;

  private final SimTime time;
  private long hash = OFFSET_BASIS;

  TraceHash(SimTime time) {
    this.time = time;
  }

  long value() {
    return hash;
  }

  @Override
  public void onWire(WireEvent event) {
    add(time.nanoTime());
    switch (event) {
      case WireEvent.Sent sent -> add(1);
      case WireEvent.Delivered delivered -> {
        add(2);
        add(delivered.receiver().name().getBytes(StandardCharsets.UTF_8));
      }
      case WireEvent.Dropped dropped -> {
        add(3);
        add(dropped.cause().name().getBytes(StandardCharsets.UTF_8));
      }
    }
    add(event.source());
    add(event.destination());
    add(event.datagram().octets());
  }

  private void add(Endpoint endpoint) {
    add(endpoint.address().getAddress());
    add(endpoint.port());
  }

  private void add(byte[] octets) {
    add(octets.length);
    for (byte octet : octets) {
      hash = (hash ^ (octet & 0xff)) * PRIME;
    }
  }

  private void add(long number) {
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      hash = (hash ^ (number >>> shift & 0xff)) * PRIME;
    }
  }
}
