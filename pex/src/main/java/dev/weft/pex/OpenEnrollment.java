// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.pex.enroll.EnrollmentPeer;
import java.util.List;

/**
 * A network that new hosts may ask to be let in. Ends by {@link #close}, after the offer's timeout,
 * or with the overlay. Thread-safe. Source: PEX §13.
 *
 * @since 0.1.0
 */
public interface OpenEnrollment extends AutoCloseable {

  /** What happens; called on the overlay's queue, where it must not block. */
  interface Listener {

    /**
     * A host asks, or something about it changed. If it is not accepted yet, compare {@link
     * EnrollmentPeer#session} with what the host shows, and then call {@link
     * OpenEnrollment#accept}.
     */
    void onPeer(EnrollmentPeer peer);

    /**
     * Both sides accepted: {@link EnrollmentPeer#hostKey} is the key of a new host, to be added to
     * the network's data by whoever signs them.
     */
    void onEnrolled(EnrollmentPeer peer);

    /** It is over. */
    default void onEnd() {}
  }

  /** The hosts that ask, as last reported. Never blocks. */
  List<EnrollmentPeer> peers();

  /**
   * Lets a host in.
   *
   * @param session {@link EnrollmentPeer#session}; nothing happens if no one has it, or several
   */
  void accept(String session);

  /** Asks nobody in any more and erases all secrets. Idempotent. */
  @Override
  void close();
}
