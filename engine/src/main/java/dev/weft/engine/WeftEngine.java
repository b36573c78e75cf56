// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.engine.runtime.NettyRuntime;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayListener;
import dev.weft.overlay.PortKind;
import dev.weft.overlay.ServiceUnavailableException;
import dev.weft.overlay.WeftRuntime;
import dev.weft.spi.DataPlaneProvider;
import dev.weft.spi.DataPlaneRequirements;
import dev.weft.spi.OverlayEngineProvider;
import dev.weft.spi.OverlayServiceProvider;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/** The engine of Weft. Thread-safe. */
public final class WeftEngine implements OverlayEngineProvider {

  /** For {@link ServiceLoader}. */
  public WeftEngine() {}

  @Override
  public String name() {
    return "weft";
  }

  @Override
  public WeftRuntime newRuntime() {
    return new NettyRuntime();
  }

  @Override
  public Overlay open(
      OverlayConfig config, Optional<WeftRuntime> runtime, List<OverlayListener> listeners) {
    List<OverlayServiceProvider> services = services(config);
    ProviderSelection.Selected plane =
        ProviderSelection.select(
            providers(ServiceLoader.load(DataPlaneProvider.class)),
            config.dataPlane(),
            requirements(config));
    RuntimeLease lease = RuntimeLease.acquire(runtime, this::newRuntime);
    try {
      OverlayEngine engine = new OverlayEngine(config, lease, plane, services, listeners);
      engine.start();
      return engine;
    } catch (RuntimeException e) {
      lease.release();
      throw e;
    }
  }

  static DataPlaneRequirements requirements(OverlayConfig config) {
    PortKind portKind = config.interfaceConfig().portKind();
    boolean presharedKeys =
        config.peers().stream().anyMatch(peer -> peer.presharedKey().isPresent());
    return new DataPlaneRequirements(portKind, config.vxlan().isPresent(), presharedKeys);
  }

  private static List<OverlayServiceProvider> services(OverlayConfig config) {
    List<OverlayServiceProvider> services =
        providers(ServiceLoader.load(OverlayServiceProvider.class)).stream()
            .filter(provider -> provider.appliesTo(config))
            .toList();
    if (config.pex().isPresent()) {
      requireService(services, "pex", "peer exchange", "dev.weft:weft-pex");
    }
    if (config.vxlan().isPresent()) {
      requireService(services, "vxlan", "Layer 2 (VXLAN)", "dev.weft:weft-vxlan");
    }
    return services;
  }

  private static void requireService(
      List<OverlayServiceProvider> services, String name, String what, String artifact) {
    if (services.stream().noneMatch(provider -> provider.name().equals(name))) {
      throw new ServiceUnavailableException(
          "the configuration asks for "
              + what
              + ", which needs the artifact "
              + artifact
              + ", and it is not on the path");
    }
  }

  private static <T> List<T> providers(ServiceLoader<T> loader) {
    return loader.stream().map(ServiceLoader.Provider::get).toList();
  }
}
