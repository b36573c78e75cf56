// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Fails a simulation in which a host sends two transport messages with the same receiver index and
 * counter: a nonce would have been used twice under a key, or a message sent twice. WG §5.4.6.
 */
public final class NonceReuseCheck implements WireObserver {

  private static final int TYPE_TRANSPORT_DATA = 4;
  private static final int MIN_LENGTH = 32;
  private static final int RECEIVER = 4;
  private static final int COUNTER = 8;

  private record Session(SimHost sender, int receiver) {}

  private final Map<Session, Set<Long>> counters = new HashMap<>();
  private long messages;

  /** A check that has seen nothing yet: {@link SimNetwork#observe} it. */
  public NonceReuseCheck() {}

  /** Transport messages seen. */
  public long messages() {
    return messages;
  }

  /** Sessions seen, one for each sender and receiver index. */
  public int sessions() {
    return counters.size();
  }

  @Override
  public void onWire(WireEvent event) {
    if (!(event instanceof WireEvent.Sent sent) || sent.datagram().length() < MIN_LENGTH) {
      return;
    }
    ByteBuffer message = sent.datagram().payload().order(ByteOrder.LITTLE_ENDIAN);
    if (message.getInt(0) != TYPE_TRANSPORT_DATA) {
      return;
    }
    messages++;
    Session session = new Session(sent.datagram().sender(), message.getInt(RECEIVER));
    long counter = message.getLong(COUNTER);
    if (!counters.computeIfAbsent(session, absent -> new HashSet<>()).add(counter)) {
      throw new AssertionError(
          session.sender
              + " used counter "
              + Long.toUnsignedString(counter)
              + " twice towards receiver "
              + Integer.toHexString(session.receiver));
    }
  }
}
