// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import dev.weft.peer.PrivateKey;
import dev.weft.transport.InterfaceAddress;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The local WireGuard interface. Immutable and thread-safe.
 *
 * @param privateKey the local host's key
 * @param addresses overlay addresses besides those of the network's data
 * @param listenPort the UDP port; absent for the network's, and if there is none for any free one
 * @param bindAddress the local underlay address; absent for all
 * @param portKind where inner packets enter and leave
 * @param mtuOctets the largest inner packet, 576 to 65535; 1280 at least for IPv6
 * @param socketBufferOctets receive and send buffer to ask for
 */
public record InterfaceConfig(
    PrivateKey privateKey,
    List<InterfaceAddress> addresses,
    OptionalInt listenPort,
    Optional<InetAddress> bindAddress,
    PortKind portKind,
    int mtuOctets,
    int socketBufferOctets) {

  /** What WireGuard uses over an underlay of 1500 octets. */
  public static final int DEFAULT_MTU_OCTETS = 1420;

  /** What is asked of the system for the socket in each direction: 7 MiB. */
  public static final int DEFAULT_SOCKET_BUFFER_OCTETS = 7 << 20;

  public InterfaceConfig {
    Objects.requireNonNull(privateKey, "privateKey");
    addresses = List.copyOf(addresses);
    Objects.requireNonNull(bindAddress, "bindAddress");
    Objects.requireNonNull(portKind, "portKind");
    if (listenPort.isPresent() && (listenPort.getAsInt() < 0 || listenPort.getAsInt() > 65535)) {
      throw new IllegalArgumentException(
          "listenPort: " + listenPort.getAsInt() + " is not in 0 to 65535");
    }
    if (mtuOctets < 576 || mtuOctets > 65535) {
      throw new IllegalArgumentException("mtuOctets: " + mtuOctets + " is not in 576 to 65535");
    }
    if (socketBufferOctets < 4096) {
      throw new IllegalArgumentException(
          "socketBufferOctets: " + socketBufferOctets + " is below 4096");
    }
  }

  /** A builder for an interface with this key. */
  public static Builder builder(PrivateKey privateKey) {
    return new Builder(privateKey);
  }

  /** A builder that starts with this configuration's values. */
  public Builder toBuilder() {
    Builder builder = new Builder(privateKey);
    builder.addresses.addAll(addresses);
    builder.listenPort = listenPort;
    builder.bindAddress = bindAddress;
    builder.portKind = portKind;
    builder.mtuOctets = mtuOctets;
    builder.socketBufferOctets = socketBufferOctets;
    return builder;
  }

  /** Builds an {@link InterfaceConfig}. Not thread-safe. */
  public static final class Builder {
    private PrivateKey privateKey;
    private final List<InterfaceAddress> addresses = new ArrayList<>();
    private OptionalInt listenPort = OptionalInt.empty();
    private Optional<InetAddress> bindAddress = Optional.empty();
    private PortKind portKind = new PortKind.InProcess();
    private int mtuOctets = DEFAULT_MTU_OCTETS;
    private int socketBufferOctets = DEFAULT_SOCKET_BUFFER_OCTETS;

    private Builder(PrivateKey privateKey) {
      this.privateKey = privateKey;
    }

    /** Replaces the key. */
    public Builder privateKey(PrivateKey key) {
      privateKey = key;
      return this;
    }

    /** Adds an overlay address. */
    public Builder address(InterfaceAddress address) {
      addresses.add(address);
      return this;
    }

    /** Sets the UDP port; 0 for any free one. */
    public Builder listenPort(int port) {
      listenPort = OptionalInt.of(port);
      return this;
    }

    /** Sets the local underlay address. */
    public Builder bindAddress(InetAddress address) {
      bindAddress = Optional.of(address);
      return this;
    }

    /** Sets where inner packets enter and leave. */
    public Builder portKind(PortKind kind) {
      portKind = kind;
      return this;
    }

    /** Sets the largest inner packet. */
    public Builder mtuOctets(int octets) {
      mtuOctets = octets;
      return this;
    }

    /** Sets the socket buffers to ask for. */
    public Builder socketBufferOctets(int octets) {
      socketBufferOctets = octets;
      return this;
    }

    /**
     * The configuration.
     *
     * @throws IllegalArgumentException if a value is not allowed; the message names the field
     */
    public InterfaceConfig build() {
      return new InterfaceConfig(
          privateKey, addresses, listenPort, bindAddress, portKind, mtuOctets, socketBufferOctets);
    }
  }
}
