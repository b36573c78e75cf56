// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import dev.weft.overlay.InterfaceConfig;
import dev.weft.transport.InterfaceAddress;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** What the engine gives to a data plane. Used on the overlay's queue. */
public interface DataPlaneContext {

  /** The overlay's name, for logs and status. */
  String overlayName();

  /** The private key, ports, addresses and limits to start with. */
  InterfaceConfig interfaceConfig();

  /** The addresses of the local host inside the overlay: those of the interface and the network. */
  List<InterfaceAddress> addresses();

  /** The overlay's queue: the plane's methods are called on it, and listeners must be. */
  Scheduler queue();

  /** The clocks. */
  TimeSource time();

  /** The randomness. */
  RandomSource random();

  /** Joins the configured underlay port, opening it if no device of this runtime uses it yet. */
  CompletionStage<UnderlayBinding> bindUnderlay(UnderlayBinding.User user);

  /** Whom to tell what happens. */
  DataPlaneListener listener();
}
