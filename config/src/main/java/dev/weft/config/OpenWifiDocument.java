// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.overlay.ConfigProblem;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.PexConfig;
import dev.weft.overlay.PortKind;
import dev.weft.overlay.VxlanConfig;
import dev.weft.peer.PublicKey;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The {@code wireguard-overlay} service of an OpenWiFi (uCentral) configuration: one device's view
 * of a network in which all devices know each other's keys, and one, the root node, is public.
 * Immutable and thread-safe; never prints its private key. Source: OpenWiFi §1 to §3, §6, §7.
 *
 * <p>Accepted are a whole uCentral configuration, an object with the member {@code
 * wireguard-overlay} (also without the braces around it), and the service object itself.
 */
public final class OpenWifiDocument {

  private static final int MAX_NAME = 64;

  private final OpenWifiService service;
  private final String pointer;
  private final Layer layer;
  private final OpenWifiService.Node local;
  private final List<ConfigWarning> warnings;

  private OpenWifiDocument(
      OpenWifiService service, String pointer, Layer layer, List<ConfigWarning> warnings) {
    this.service = service;
    this.pointer = pointer;
    this.layer = layer;
    this.local = service.local();
    this.warnings = warnings;
  }

  /**
   * Reads a document that tells its layer itself: a uCentral configuration by the interface that
   * lists the service, any other form by whether it has a {@code vxlan} member.
   *
   * @throws InvalidConfigurationException with every wrong field
   */
  public static OpenWifiDocument parse(String text) {
    return parse(text, Optional.empty());
  }

  /**
   * Reads a document for the given layer, whatever the document says about it.
   *
   * @throws InvalidConfigurationException with every wrong field
   */
  public static OpenWifiDocument parse(String text, Layer layer) {
    return parse(text, Optional.of(layer));
  }

  private static OpenWifiDocument parse(String text, Optional<Layer> given) {
    Problems problems = new Problems(OpenWifiForm.WHAT);
    OpenWifiForm form = OpenWifiForm.read(text, given.isPresent(), problems);
    Layer layer = given.or(form::layer).orElse(Layer.LAYER_3);
    OpenWifiDraft draft = new OpenWifiReader(form.service(), problems).read();
    new OpenWifiChecks(draft, problems).run(layer);
    problems.throwIfAny(form.json().order(problems.locations()));
    return new OpenWifiDocument(
        draft.finish(), form.service().pointer(), layer, problems.warnings());
  }

  /**
   * Checks that documents belong to one network: that they differ in their private keys, and in
   * nothing else. The order of hosts does not matter.
   *
   * @throws InvalidConfigurationException with every field that differs; documents are counted from
   *     1
   */
  public static void requireAgreement(List<OpenWifiDocument> documents) {
    List<ConfigProblem> problems = OpenWifiAgreement.problems(documents);
    if (!problems.isEmpty()) {
      throw new InvalidConfigurationException("the set of OpenWiFi documents", problems);
    }
  }

  /** The name of the host that the private key belongs to; {@code gateway} for the root node. */
  public String localName() {
    return local.name();
  }

  /** The public key of this device. */
  public PublicKey localKey() {
    return local.key();
  }

  /** Whether this device is the root node. */
  public boolean isRoot() {
    return localName().equals(OpenWifiService.GATEWAY);
  }

  /** What the overlay carries, by the document or as given when it was read. */
  public Layer layer() {
    return layer;
  }

  /** What is odd about the document. */
  public List<ConfigWarning> warnings() {
    return warnings;
  }

  /** The network data that every device of the network gets. OpenWiFi §3. */
  public NetworkData networkData() {
    return service.networkData(layer);
  }

  /** The overlay of this device, in process and on all underlay addresses. */
  public OverlayConfig toOverlayConfig() {
    return toOverlayConfig(Options.defaults());
  }

  /**
   * The overlay of this device.
   *
   * @throws InvalidConfigurationException if the options choose Layer 2 and the VXLAN port is one
   *     of the others
   * @throws IllegalArgumentException if the options have a name that is not 1 to 64 characters
   */
  public OverlayConfig toOverlayConfig(Options options) {
    Layer chosen = options.layer().orElse(layer);
    if (chosen == Layer.LAYER_2) {
      requireVxlanPort();
    }
    InterfaceConfig.Builder interfaceConfig =
        InterfaceConfig.builder(service.privateKey())
            .listenPort(service.peerPort())
            .portKind(options.portKind());
    options.bindAddress().ifPresent(interfaceConfig::bindAddress);
    OverlayConfig.Builder config =
        OverlayConfig.builder(options.name().orElseGet(this::defaultName), service.privateKey())
            .interfaceConfig(interfaceConfig.build())
            .network(service.networkData(chosen).toRevision(0, localKey()))
            .pex(PexConfig.defaults());
    if (chosen == Layer.LAYER_2) {
      config.vxlan(new VxlanConfig(OpenWifiService.L2_SERVICE));
    }
    return config.build();
  }

  private String defaultName() {
    String name = localName().substring(0, Math.min(localName().length(), MAX_NAME));
    return name.isBlank() ? "overlay" : name;
  }

  private void requireVxlanPort() {
    int port = service.vxlan().port();
    if (port == service.peerPort() || port == service.pexPort()) {
      throw Problems.single(
          OpenWifiForm.WHAT,
          pointer + "/vxlan/port",
          port + ", which is also a port of WireGuard or PEX",
          "a port of its own");
    }
  }

  OpenWifiService service() {
    return service;
  }

  /** The local host and the layer; no key. */
  @Override
  public String toString() {
    return "OpenWifiDocument[" + Describe.printable(localName()) + ", " + layer + "]";
  }

  /**
   * What a document does not say.
   *
   * @param layer overrides the document's layer
   * @param bindAddress the local underlay address; absent for all
   * @param name the overlay's name; absent for the local host's
   * @param portKind where inner packets enter and leave
   */
  public record Options(
      Optional<Layer> layer,
      Optional<InetAddress> bindAddress,
      Optional<String> name,
      PortKind portKind) {

    public Options {
      Objects.requireNonNull(layer, "layer");
      Objects.requireNonNull(bindAddress, "bindAddress");
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(portKind, "portKind");
    }

    /** The document's layer, all underlay addresses, the local host's name, in process. */
    public static Options defaults() {
      return builder().build();
    }

    /** The defaults, but listening on one underlay address alone. */
    public static Options bindTo(InetAddress address) {
      return builder().bindAddress(address).build();
    }

    /** A builder that starts with the defaults. */
    public static Builder builder() {
      return new Builder();
    }

    /** Builds {@link Options}. Not thread-safe. */
    public static final class Builder {
      private Optional<Layer> layer = Optional.empty();
      private Optional<InetAddress> bindAddress = Optional.empty();
      private Optional<String> name = Optional.empty();
      private PortKind portKind = new PortKind.InProcess();

      private Builder() {}

      /** Overrides the document's layer. */
      public Builder layer(Layer value) {
        layer = Optional.of(value);
        return this;
      }

      /** Sets the local underlay address. */
      public Builder bindAddress(InetAddress address) {
        bindAddress = Optional.of(address);
        return this;
      }

      /** Sets the overlay's name. */
      public Builder name(String value) {
        name = Optional.of(value);
        return this;
      }

      /** Sets where inner packets enter and leave. */
      public Builder portKind(PortKind kind) {
        portKind = kind;
        return this;
      }

      /** The options. */
      public Options build() {
        return new Options(layer, bindAddress, name, portKind);
      }
    }
  }
}
