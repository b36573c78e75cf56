// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import dev.weft.transport.Endpoint;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How a host that is in no network yet asks to join one. Immutable. Source: PEX §13.
 *
 * @param servers whom to ask, at most {@link EnrollmentSession#MAX_PEERS}; their external PEX port
 *     is 51819 unless something else is known
 * @param info what the host says of itself
 * @param secret what a server may prove to know, and is proved to it
 * @param autoAccept whether a server that proves the secret is accepted without the operator
 * @param interval after which the servers are asked again, at least 100 ms
 * @param timeout when the attempt ends; zero for never
 * @param localPort which port {@link EnrollmentRunner} opens; 0 for any. The recorded daemons
 *     answer to 51819, where they also ask from
 * @since 0.1.0
 */
public record EnrollmentRequest(
    List<Endpoint> servers,
    BlobValue.Table info,
    Optional<EnrollmentSecret> secret,
    boolean autoAccept,
    Duration interval,
    Duration timeout,
    int localPort) {

  /** The external PEX port. PEX §1. */
  public static final int DEFAULT_PORT = 51819;

  /** The interval if nothing else is asked for. */
  public static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(10);

  private static final Duration MIN_INTERVAL = Duration.ofMillis(100);
  private static final Duration MAX_INTERVAL = Duration.ofDays(1);

  public EnrollmentRequest {
    servers = List.copyOf(servers);
    if (servers.isEmpty() || servers.size() > EnrollmentSession.MAX_PEERS) {
      throw new IllegalArgumentException(
          "servers: there are " + servers.size() + ", not 1 to " + EnrollmentSession.MAX_PEERS);
    }
    for (Endpoint server : servers) {
      if (server.port() == 0) {
        throw new IllegalArgumentException("servers: " + server + " has no port");
      }
    }
    Objects.requireNonNull(info, "info");
    EnrollmentOffer.requireSecret(secret, autoAccept);
    if (interval.compareTo(MIN_INTERVAL) < 0 || interval.compareTo(MAX_INTERVAL) > 0) {
      throw new IllegalArgumentException(
          "interval: " + interval + " is not in " + MIN_INTERVAL + " to " + MAX_INTERVAL);
    }
    EnrollmentOffer.requireTimeout(timeout);
    if (localPort < 0 || localPort > 65535) {
      throw new IllegalArgumentException("localPort: " + localPort + " is not in 0 to 65535");
    }
  }

  /** A builder. */
  public static Builder builder(List<Endpoint> servers) {
    return new Builder(servers);
  }

  /** Builds an {@link EnrollmentRequest}. Not thread-safe. */
  public static final class Builder {
    private final List<Endpoint> servers;
    private BlobValue.Table info = BlobValue.Table.empty();
    private Optional<EnrollmentSecret> secret = Optional.empty();
    private boolean autoAccept;
    private Duration interval = DEFAULT_INTERVAL;
    private Duration timeout = EnrollmentSession.DEFAULT_TIMEOUT;
    private int localPort = DEFAULT_PORT;

    private Builder(List<Endpoint> servers) {
      this.servers = servers;
    }

    /** Sets what the host says of itself. */
    public Builder info(BlobValue.Table value) {
      info = value;
      return this;
    }

    /** Sets the secret; the operator still decides. */
    public Builder secret(EnrollmentSecret value) {
      secret = Optional.of(value);
      autoAccept = false;
      return this;
    }

    /** Sets the secret, and accepts the first server that proves it. */
    public Builder autoAccept(EnrollmentSecret value) {
      secret = Optional.of(value);
      autoAccept = true;
      return this;
    }

    /** Sets after what time the servers are asked again; 10 s at first. */
    public Builder interval(Duration value) {
      interval = value;
      return this;
    }

    /** Sets when the attempt ends; 120 s at first, zero for never. */
    public Builder timeout(Duration value) {
      timeout = value;
      return this;
    }

    /** Sets the local port; 51819 at first, 0 for any. */
    public Builder localPort(int value) {
      localPort = value;
      return this;
    }

    /** The request. */
    public EnrollmentRequest build() {
      return new EnrollmentRequest(servers, info, secret, autoAccept, interval, timeout, localPort);
    }
  }
}
