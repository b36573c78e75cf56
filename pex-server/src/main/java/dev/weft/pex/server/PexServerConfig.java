// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import dev.weft.overlay.DynamicNetwork;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a PEX service is to be. Immutable and thread-safe.
 *
 * @param directory where the definitions of networks are, {@code *.json}; absent if only the
 *     embedder adds networks
 * @param stateDirectory where signed data and the token are kept; made if it is not there
 * @param bindAddress the underlay address of WireGuard, external PEX and STUN; absent for all
 * @param wireGuardPort the UDP port of networks whose definition names none; absent for the one in
 *     the network's data. 64 networks share a port at most
 * @param pexPort the UDP port of external PEX, for all networks; 0 for any
 * @param stunPort the UDP port of STUN, 0 for any; absent for no STUN
 * @param management where management listens, port 0 for any; absent for no management
 * @param tokenFile the file with the management token, made with a random one if it is not there;
 *     absent for {@code management-token} in the state directory
 * @param rescanInterval how often the directory is looked through, 50 ms at least
 * @param maxNetworks how many networks there are at most
 */
public record PexServerConfig(
    Optional<Path> directory,
    Optional<Path> stateDirectory,
    Optional<InetAddress> bindAddress,
    OptionalInt wireGuardPort,
    int pexPort,
    OptionalInt stunPort,
    Optional<Endpoint> management,
    Optional<Path> tokenFile,
    Duration rescanInterval,
    int maxNetworks) {

  /** STUN's port. RFC 8489 §17.3. */
  public static final int DEFAULT_STUN_PORT = 3478;

  /** Where management listens if nothing else is said: nobody but this host reaches it. */
  public static final int DEFAULT_MANAGEMENT_PORT = 8080;

  /** How often the directory is looked through. */
  public static final Duration DEFAULT_RESCAN_INTERVAL = Duration.ofSeconds(2);

  /** Networks by default: 16 ports full of them. */
  public static final int DEFAULT_MAX_NETWORKS = 1_024;

  private static final Duration MIN_RESCAN_INTERVAL = Duration.ofMillis(50);
  private static final String STATE = "state";
  private static final String TOKEN = "management-token";

  public PexServerConfig {
    Objects.requireNonNull(directory, "directory");
    Objects.requireNonNull(stateDirectory, "stateDirectory");
    Objects.requireNonNull(bindAddress, "bindAddress");
    Objects.requireNonNull(management, "management");
    Objects.requireNonNull(tokenFile, "tokenFile");
    wireGuardPort.ifPresent(port -> requirePort("wireGuardPort", port));
    requirePort("pexPort", pexPort);
    stunPort.ifPresent(port -> requirePort("stunPort", port));
    if (rescanInterval.compareTo(MIN_RESCAN_INTERVAL) < 0) {
      throw new IllegalArgumentException("rescanInterval: " + rescanInterval + " is below 50 ms");
    }
    if (maxNetworks < 1) {
      throw new IllegalArgumentException("maxNetworks: " + maxNetworks + " is below 1");
    }
    if (directory.isPresent() && stateDirectory.isEmpty()) {
      stateDirectory = directory.map(path -> path.resolve(STATE));
    }
    if (management.isPresent() && tokenFile.isEmpty()) {
      tokenFile = stateDirectory.map(path -> path.resolve(TOKEN));
      if (tokenFile.isEmpty()) {
        throw new IllegalArgumentException("tokenFile: management needs one, or a stateDirectory");
      }
    }
  }

  private static void requirePort(String name, int port) {
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException(name + ": " + port + " is not in 0 to 65535");
    }
  }

  /** A builder of a service without networks, STUN and management. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link PexServerConfig}. Not thread-safe. */
  public static final class Builder {
    private Optional<Path> directory = Optional.empty();
    private Optional<Path> stateDirectory = Optional.empty();
    private Optional<InetAddress> bindAddress = Optional.empty();
    private OptionalInt wireGuardPort = OptionalInt.empty();
    private int pexPort = DynamicNetwork.DEFAULT_PORT;
    private OptionalInt stunPort = OptionalInt.empty();
    private Optional<Endpoint> management = Optional.empty();
    private Optional<Path> tokenFile = Optional.empty();
    private Duration rescanInterval = DEFAULT_RESCAN_INTERVAL;
    private int maxNetworks = DEFAULT_MAX_NETWORKS;

    private Builder() {}

    /** Sets where the definitions are; what is kept is in {@code state} below, if not elsewhere. */
    public Builder directory(Path path) {
      directory = Optional.of(path);
      return this;
    }

    /** Sets where signed data and the token are kept. */
    public Builder stateDirectory(Path path) {
      stateDirectory = Optional.of(path);
      return this;
    }

    /** Sets the local underlay address. */
    public Builder bindAddress(InetAddress address) {
      bindAddress = Optional.of(address);
      return this;
    }

    /** Sets the WireGuard port of networks whose definition names none. */
    public Builder wireGuardPort(int port) {
      wireGuardPort = OptionalInt.of(port);
      return this;
    }

    /** Sets the port of external PEX. */
    public Builder pexPort(int port) {
      pexPort = port;
      return this;
    }

    /** Switches STUN on. */
    public Builder stunPort(int port) {
      stunPort = OptionalInt.of(port);
      return this;
    }

    /** Switches management on. */
    public Builder management(Endpoint address) {
      management = Optional.of(address);
      return this;
    }

    /** Sets the file with the management token. */
    public Builder tokenFile(Path path) {
      tokenFile = Optional.of(path);
      return this;
    }

    /** Sets how often the directory is looked through. */
    public Builder rescanInterval(Duration interval) {
      rescanInterval = interval;
      return this;
    }

    /** Sets how many networks there are at most. */
    public Builder maxNetworks(int count) {
      maxNetworks = count;
      return this;
    }

    /**
     * The configuration.
     *
     * @throws IllegalArgumentException if a value is not allowed; the message names the field
     */
    public PexServerConfig build() {
      return new PexServerConfig(
          directory,
          stateDirectory,
          bindAddress,
          wireGuardPort,
          pexPort,
          stunPort,
          management,
          tokenFile,
          rescanInterval,
          maxNetworks);
    }
  }
}
