// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.overlay.InterfaceConfig;
import dev.weft.spi.DataPlaneContext;
import dev.weft.spi.DataPlaneListener;
import dev.weft.spi.RandomSource;
import dev.weft.spi.Scheduler;
import dev.weft.spi.TimeSource;
import dev.weft.spi.UnderlayBinding;
import dev.weft.spi.UnderlayPortFactory;
import dev.weft.transport.InterfaceAddress;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** What a data plane sees of the engine. Owned by the overlay's queue. */
final class EngineDataPlaneContext implements DataPlaneContext {

  private final RuntimeLease lease;
  private final Scheduler queue;
  private final Supplier<InForce> inForce;
  private final DataPlaneListener listener;

  EngineDataPlaneContext(
      RuntimeLease lease, Scheduler queue, Supplier<InForce> inForce, DataPlaneListener listener) {
    this.lease = lease;
    this.queue = queue;
    this.inForce = inForce;
    this.listener = listener;
  }

  @Override
  public String overlayName() {
    return inForce.get().config().name();
  }

  @Override
  public InterfaceConfig interfaceConfig() {
    InForce current = inForce.get();
    InterfaceConfig.Builder local = current.config().interfaceConfig().toBuilder();
    current.listenPort().ifPresent(local::listenPort);
    return local.build();
  }

  @Override
  public List<InterfaceAddress> addresses() {
    return inForce.get().desired().addresses();
  }

  @Override
  public Scheduler queue() {
    return queue;
  }

  @Override
  public TimeSource time() {
    return lease.runtime().time();
  }

  @Override
  public RandomSource random() {
    return lease.runtime().random();
  }

  @Override
  public CompletionStage<UnderlayBinding> bindUnderlay(UnderlayBinding.User user) {
    InterfaceConfig local = interfaceConfig();
    return lease
        .ports()
        .join(
            new UnderlayPortFactory.Spec(
                local.bindAddress(), local.listenPort().orElse(0), local.socketBufferOctets()),
            queue,
            user);
  }

  @Override
  public DataPlaneListener listener() {
    return listener;
  }
}
