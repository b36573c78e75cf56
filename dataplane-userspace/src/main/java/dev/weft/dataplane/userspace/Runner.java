// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.peer.PrivateKey;
import dev.weft.spi.OverlayDatagrams;
import dev.weft.spi.PeerUpdate;
import dev.weft.spi.PlaneSnapshot;
import dev.weft.spi.Scheduler;
import dev.weft.spi.UnderlayDatagrams;
import dev.weft.transport.Endpoint;
import dev.weft.transport.InterfaceAddress;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What runs a device for a {@link UserspaceDataPlane}. All methods are called on the overlay's
 * queue, none blocks, and stages are completed on it.
 */
interface Runner {

  /** Runs a task on its queue: at once if the caller is there. */
  static void onQueue(Scheduler queue, Runnable task) {
    if (queue.isCurrent()) {
      task.run();
    } else {
      queue.execute(task);
    }
  }

  /** Opens what it needs; completed when packets flow. */
  CompletionStage<Void> start();

  /** Changes one peer; {@link #afterChange} must follow the last of several. */
  void apply(PeerUpdate update);

  /** Carries on after changes; completed when they have effect everywhere. */
  CompletionStage<Void> afterChange();

  /** Replaces the private key. */
  void setPrivateKey(PrivateKey key);

  /** Replaces the own addresses; completed when they have effect. */
  CompletionStage<Void> setAddresses(List<InterfaceAddress> addresses);

  /** UDP on the own addresses. */
  OverlayDatagrams datagrams();

  /** What is not WireGuard's on the underlay port. */
  UnderlayDatagrams underlay();

  /** An echo request inside the overlay. */
  CompletionStage<Duration> ping(InetAddress target, Duration timeout);

  /** The own underlay address on the route to an endpoint. */
  Optional<InetAddress> localAddressTowards(Endpoint endpoint);

  /** Opens the underlay socket anew. */
  CompletionStage<Void> rebind();

  /** Moves to another underlay port. */
  CompletionStage<Void> setListenPort(int port);

  /** Stops traffic and timers. */
  void suspend();

  /** Goes on. */
  void resume();

  /** The state of the device and its peers. */
  PlaneSnapshot snapshot();

  /**
   * Whether it runs or is suspended.
   *
   * @throws dev.weft.overlay.OverlayException if it did not start or failed
   */
  void requireUsable();

  /** Releases everything; completed when that is done. Idempotent. */
  CompletionStage<Void> close();
}
