// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import dev.weft.peer.PresharedKey;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** One end of a tunnel, whatever implements it. */
interface Side extends AutoCloseable {

  /**
   * What an end knows of the other.
   *
   * @param endpoint where its packets go
   * @param lastHandshake to the second at least; absent means never
   * @param receivedOctets UDP payload octets of authenticated messages
   * @param sentOctets UDP payload octets sent
   */
  record PeerView(
      Optional<Endpoint> endpoint,
      Optional<Instant> lastHandshake,
      long receivedOctets,
      long sentOctets) {}

  /**
   * A finished series of echo requests.
   *
   * @param sent requests
   * @param received answers, each counted once
   * @param detail what the implementation says of it, for a person
   */
  record PingSummary(int sent, int received, String detail) {
    boolean isComplete() {
      return sent == received;
    }
  }

  /** Its UDP port. */
  int listenPort();

  /** What it knows of the other end now. */
  PeerView peer();

  /**
   * Sends echo requests at a steady pace and waits for the last answer.
   *
   * @param timeout how long to wait for an answer
   */
  PingSummary ping(InetAddress target, int count, Duration interval, Duration timeout);

  /** Changes the preshared key while running. */
  void changePresharedKey(Optional<PresharedKey> key);

  /** Goes on from another UDP port. */
  void changePort();

  /** State and the last lines of the log, for a failure's report. */
  String report();

  @Override
  void close();
}
