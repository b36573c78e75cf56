// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.overlay.OverlayEvent;
import dev.weft.overlay.OverlayListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells an overlay's listeners what happens; one that fails harms no other. Thread-safe. */
final class EventPublisher {

  private static final Logger LOG = LoggerFactory.getLogger(EventPublisher.class);

  private final List<OverlayListener> listeners;

  EventPublisher(List<OverlayListener> listeners) {
    this.listeners = new CopyOnWriteArrayList<>(listeners);
  }

  /** Adds a listener; the result removes it again. */
  Runnable add(OverlayListener listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  /** Tells all listeners, on the caller's thread, which is the overlay's queue. */
  void publish(OverlayEvent event) {
    for (OverlayListener listener : listeners) {
      try {
        listener.onEvent(event);
      } catch (RuntimeException e) {
        LOG.error("{}: a listener failed on {}", event.overlay(), event, e);
      }
    }
  }
}
