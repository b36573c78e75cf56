// SPDX-License-Identifier: Apache-2.0

package dev.weft.peer;

import dev.weft.transport.EndpointName;
import dev.weft.transport.IpPrefix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A WireGuard peer as it is configured. Immutable and thread-safe. Source: WG §2, §6.5.
 *
 * @param publicKey the peer's key
 * @param presharedKey the optional symmetric key
 * @param endpoint where to reach it first; absent if it must come to us
 * @param allowedIps the overlay addresses it may use, cryptokey routing
 * @param persistentKeepalive zero is off; else 1 s to 65535 s
 * @param name a name for status and logs
 */
public record PeerConfig(
    PublicKey publicKey,
    Optional<PresharedKey> presharedKey,
    Optional<EndpointName> endpoint,
    List<IpPrefix> allowedIps,
    Duration persistentKeepalive,
    Optional<String> name) {

  private static final Duration MAX_KEEPALIVE = Duration.ofSeconds(65535);

  public PeerConfig {
    Objects.requireNonNull(publicKey, "publicKey");
    Objects.requireNonNull(presharedKey, "presharedKey");
    Objects.requireNonNull(endpoint, "endpoint");
    allowedIps = List.copyOf(allowedIps);
    requireKeepalive(persistentKeepalive);
    Objects.requireNonNull(name, "name");
  }

  /**
   * Checks a keepalive interval.
   *
   * @throws IllegalArgumentException if it is not zero or 1 s to 65535 s in whole seconds
   */
  public static void requireKeepalive(Duration keepalive) {
    if (keepalive.isNegative()
        || !keepalive.equals(Duration.ofSeconds(keepalive.toSeconds()))
        || keepalive.compareTo(MAX_KEEPALIVE) > 0) {
      throw new IllegalArgumentException(
          "persistentKeepalive: " + keepalive + " is not 0 to 65535 whole seconds");
    }
  }

  /** A builder for the peer with this key. */
  public static Builder builder(PublicKey publicKey) {
    return new Builder(publicKey);
  }

  /** A builder that starts with this configuration's values. */
  public Builder toBuilder() {
    Builder builder = new Builder(publicKey);
    builder.presharedKey = presharedKey;
    builder.endpoint = endpoint;
    builder.allowedIps.addAll(allowedIps);
    builder.persistentKeepalive = persistentKeepalive;
    builder.name = name;
    return builder;
  }

  /** Builds a {@link PeerConfig}. Not thread-safe. */
  public static final class Builder {
    private final PublicKey publicKey;
    private Optional<PresharedKey> presharedKey = Optional.empty();
    private Optional<EndpointName> endpoint = Optional.empty();
    private final List<IpPrefix> allowedIps = new ArrayList<>();
    private Duration persistentKeepalive = Duration.ZERO;
    private Optional<String> name = Optional.empty();

    private Builder(PublicKey publicKey) {
      this.publicKey = publicKey;
    }

    /** Sets the symmetric key. */
    public Builder presharedKey(PresharedKey key) {
      presharedKey = Optional.of(key);
      return this;
    }

    /** Sets the first endpoint. */
    public Builder endpoint(EndpointName value) {
      endpoint = Optional.of(value);
      return this;
    }

    /** Adds overlay addresses the peer may use. */
    public Builder allowedIp(IpPrefix prefix) {
      allowedIps.add(prefix);
      return this;
    }

    /** Adds overlay addresses the peer may use. */
    public Builder allowedIps(List<IpPrefix> prefixes) {
      allowedIps.addAll(prefixes);
      return this;
    }

    /** Sets the keepalive interval; zero is off. */
    public Builder persistentKeepalive(Duration interval) {
      persistentKeepalive = interval;
      return this;
    }

    /** Sets the name for status and logs. */
    public Builder name(String value) {
      name = Optional.of(value);
      return this;
    }

    /**
     * The configuration.
     *
     * @throws IllegalArgumentException if a value is not allowed
     */
    public PeerConfig build() {
      return new PeerConfig(
          publicKey, presharedKey, endpoint, allowedIps, persistentKeepalive, name);
    }
  }
}
