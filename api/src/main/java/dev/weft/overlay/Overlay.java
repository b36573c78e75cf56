// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import dev.weft.transport.DatagramEndpoint;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * A running WireGuard overlay network, seen from one host. Thread-safe; owns no thread: it is a
 * queue on a {@link WeftRuntime}. Stages are completed on that queue.
 */
public interface Overlay extends AutoCloseable {

  /**
   * Opens an overlay on the shared runtime, which ends with its last overlay. Returns at once, in
   * state {@link OverlayState#STARTING}.
   *
   * @throws OverlayException if the configuration cannot work here; nothing stays open
   */
  static Overlay open(OverlayConfig config) {
    return Engines.only().open(config, Optional.empty(), List.of());
  }

  /**
   * Opens an overlay on the shared runtime, with listeners that are told everything from the start.
   *
   * @throws OverlayException if the configuration cannot work here; nothing stays open
   */
  static Overlay open(OverlayConfig config, OverlayListener... listeners) {
    return Engines.only().open(config, Optional.empty(), List.of(listeners));
  }

  /**
   * Opens an overlay on a runtime of the caller's.
   *
   * @throws OverlayException if the configuration cannot work here; nothing stays open
   */
  static Overlay open(OverlayConfig config, WeftRuntime runtime, OverlayListener... listeners) {
    return Engines.only().open(config, Optional.of(runtime), List.of(listeners));
  }

  /**
   * Completed when packets can flow; exceptionally with an {@link OverlayException}, after
   * everything was closed again, if the overlay could not start or was closed before it had.
   */
  CompletionStage<Void> ready();

  /** Completed when everything was released. Never exceptional. */
  CompletionStage<Void> closed();

  /** Where the overlay is in its life. */
  OverlayState state();

  /**
   * Replaces the configuration while traffic goes on: peers that do not change keep their sessions.
   * An equal configuration changes nothing. The name, the plane, PEX, VXLAN, and of the interface
   * the port kind, the listen port, the bind address, the MTU and the socket buffers cannot change.
   *
   * @return completed when the change is in force; exceptionally with an {@link OverlayException}
   *     if it was refused, and then the old configuration stays
   */
  CompletionStage<Void> update(OverlayConfig config);

  /** The state as last published: at most a second old. Never blocks. */
  OverlayStatus status();

  /** The state as it is now. */
  CompletionStage<OverlayStatus> refreshStatus();

  /**
   * Sends an echo request to an overlay address.
   *
   * @return the round-trip time; exceptionally {@link PingException}
   */
  CompletionStage<Duration> ping(InetAddress address, Duration timeout);

  /**
   * Claims a UDP port on one of the local host's overlay addresses.
   *
   * @param port 0 for any free one
   * @param handler called on the overlay's queue
   * @return exceptionally {@link DatagramException} if the port is taken or the address not local
   */
  CompletionStage<DatagramEndpoint> datagram(
      InetAddress address, int port, DatagramEndpoint.Handler handler);

  /** Opens the underlay socket anew, for example after the host changed networks. */
  CompletionStage<Void> rebind();

  /** Stops traffic and timers, for example before the host sleeps. */
  CompletionStage<Void> suspend();

  /** Goes on after {@link #suspend()}. */
  CompletionStage<Void> resume();

  /**
   * What a service of this overlay offers beyond the overlay itself, for example the signed data of
   * a dynamic network. Empty if no service offers the type, and while the overlay does not run.
   *
   * @return a thread-safe object, of no use any more once the overlay is closed
   */
  <T> Optional<T> service(Class<T> type);

  /**
   * Adds a listener.
   *
   * @return removes it again
   */
  Runnable addListener(OverlayListener listener);

  /**
   * Releases everything. Legal in every state and idempotent. Blocks until it is done, except on a
   * thread of the runtime, where it only starts: {@link #closed()} tells the end.
   */
  @Override
  void close();
}
