// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.pex.enroll.EnrollmentOffer;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.transport.Endpoint;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What peer exchange offers to an overlay's user beyond the overlay: {@code
 * overlay.service(PexControl.class)}. Thread-safe; stages are completed on the overlay's queue.
 *
 * @since 0.1.0
 */
public interface PexControl {

  /**
   * The newest signed data that this host accepted; empty if it has none, or if the network is not
   * dynamic.
   */
  Optional<SignedNetworkData> data();

  /**
   * Takes signed data as if they had come from another host: verifies them, stores them, spreads
   * them and puts them in force. Unlike data from the network they are in force at once.
   *
   * @param signed the octets of PEX §4; copied
   * @return what became of them; exceptionally {@link dev.weft.overlay.OverlayException} only if
   *     the overlay is closed or the network is not dynamic
   */
  CompletionStage<InstallOutcome> install(byte[] signed);

  /**
   * Adds a host to be asked for data. PEX §8.3.
   *
   * @param endpoint where it speaks external PEX
   * @param lifetime how long to ask it; zero means for as long as the overlay runs
   */
  void connect(Endpoint endpoint, Duration lifetime);

  /**
   * Opens the network for new hosts; an enrolment that is open already ends. PEX §13.
   *
   * @param offer what is offered, and to whom
   * @param listener told what happens
   * @return exceptionally {@link dev.weft.overlay.OverlayException} if the overlay is closed or the
   *     network is not dynamic
   */
  CompletionStage<OpenEnrollment> openEnrollment(
      EnrollmentOffer offer, OpenEnrollment.Listener listener);

  /** How peer exchange is doing, as of the last second. Never blocks. */
  PexStatus status();
}
