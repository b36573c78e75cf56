// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.netdata;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One transfer of signed network data with a live node, from outside of the tunnel, without I/O and
 * clock: its owner has a UDP socket that sends to and receives from the node only, and keeps the
 * time. It sends what {@link #attempt} gives at the start and again whenever {@link #RETRY_AFTER}
 * passed without a datagram, sends what {@link #onDatagram} gives, and ends with {@link #outcome}
 * or when it has waited long enough. Not thread-safe. Source: PEX §8 and §16.
 *
 * @since 0.1.0
 */
public sealed interface UpdateClient permits UpdateDownload, UpdateUpload {

  /** The UDP port of nodes outside of the tunnel. PEX §17. */
  int PORT = 51_819;

  /**
   * How long to wait for the next datagram before another attempt. A node answers ten requests a
   * second at most; what was lost is only sent again for a new request. PEX §8.2, §8.5.
   */
  Duration RETRY_AFTER = Duration.ofMillis(700);

  /** The datagrams of an attempt, to be sent in order. */
  List<ByteBuffer> attempt();

  /**
   * Takes a datagram from the node; what is none of this transfer is ignored.
   *
   * @return the datagrams to be sent because of it, in order
   */
  List<ByteBuffer> onDatagram(ByteBuffer datagram);

  /** How it ended, once it did. */
  Optional<UpdateOutcome> outcome();

  /** What is waited for, for the message that tells that it did not come. */
  String waitingFor();
}
