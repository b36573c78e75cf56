// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.weft.config.ConfigWarning;
import dev.weft.config.LocalNetwork;
import dev.weft.overlay.ConfigProblem;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.PexConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Reads definitions: local network configurations (PEX §3.1) with two attributes of the service's
 * own, {@code listen_port} (the WireGuard port, 0 for any) and {@code bind_address} (a numeric
 * underlay address), which go before what the service has for all. Immutable and thread-safe.
 */
final class DefinitionReader {

  /** Octets that a definition may have. */
  static final int MAX_OCTETS = 1 << 20;

  private static final String WHAT = "the network definition";
  private static final String LISTEN_PORT = "listen_port";
  private static final String BIND_ADDRESS = "bind_address";
  private static final String PORTS = "an integer from 0 to 65535";

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(MAX_OCTETS)
                  .maxNameLength(MAX_OCTETS)
                  .build())
          .build();

  private final Path directory;
  private final Path stateDirectory;
  private final PexServerConfig config;

  DefinitionReader(Path directory, Path stateDirectory, PexServerConfig config) {
    this.directory = directory;
    this.stateDirectory = stateDirectory;
    this.config = config;
  }

  /**
   * Reads a definition, and the files that it names.
   *
   * @throws InvalidConfigurationException with every wrong field
   */
  Definition read(byte[] octets) {
    String text = text(octets);
    LocalNetwork network = LocalNetwork.parse(text);
    Own own = own(text);
    if (!StatusJson.printable(network.name()).equals(network.name())) {
      throw problem("/name", "half of a character pair", "a name of whole characters");
    }
    OverlayConfig base;
    List<Path> otherFiles;
    try {
      otherFiles =
          Stream.concat(network.file().stream(), network.peerData().stream())
              .map(directory::resolve)
              .toList();
      if (otherFiles.stream().anyMatch(file -> Files.exists(file) && !Files.isRegularFile(file))) {
        // A pipe or a device could be read for ever.
        throw problem("", "a file or peer_data that is not a regular file", "regular files");
      }
      base = network.toOverlayConfig(directory, stateDirectory);
    } catch (InvalidPathException e) {
      throw problem("", "a name that this system has no file for", "names of files");
    } catch (IllegalArgumentException e) {
      throw problem("", String.valueOf(e.getMessage()), "values that go together");
    }
    return new Definition(
        withOwn(base, own),
        otherFiles,
        network.warnings().stream()
            .filter(warning -> !isOwn(warning))
            .map(ConfigWarning::toString)
            .toList());
  }

  private OverlayConfig withOwn(OverlayConfig base, Own own) {
    InterfaceConfig.Builder local = base.interfaceConfig().toBuilder();
    OptionalInt port = own.listenPort().isPresent() ? own.listenPort() : config.wireGuardPort();
    port.ifPresent(local::listenPort);
    own.bindAddress().or(config::bindAddress).ifPresent(local::bindAddress);
    OverlayConfig.Builder result = base.toBuilder().interfaceConfig(local.build());
    base.pex()
        .flatMap(
            pex ->
                pex.dynamic()
                    .map(
                        network ->
                            new PexConfig(
                                pex.port(), Optional.of(network.withPort(config.pexPort())))))
        .ifPresent(result::pex);
    return result.build();
  }

  private static boolean isOwn(ConfigWarning warning) {
    return warning.location().equals("/" + LISTEN_PORT)
        || warning.location().equals("/" + BIND_ADDRESS);
  }

  private static String text(byte[] octets) {
    if (octets.length > MAX_OCTETS) {
      throw problem("", "more than " + MAX_OCTETS + " octets", MAX_OCTETS + " octets at most");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(octets)).toString();
    } catch (CharacterCodingException e) {
      throw problem("", "octets that are not UTF-8", "JSON in UTF-8");
    }
  }

  private record Own(OptionalInt listenPort, Optional<InetAddress> bindAddress) {}

  /** The service's own attributes. The text is known to be a JSON object of bounded depth. */
  private static Own own(String text) {
    OptionalInt port = OptionalInt.empty();
    Optional<InetAddress> address = Optional.empty();
    List<ConfigProblem> problems = new ArrayList<>();
    try (JsonParser parser =
        JSON.createParser(text.startsWith("\ufeff") ? text.substring(1) : text)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals(LISTEN_PORT)) {
          port = port(parser, value, problems);
        } else if (name.equals(BIND_ADDRESS)) {
          address = address(parser, value, problems);
        }
        parser.skipChildren();
      }
    } catch (IOException e) {
      throw problem("", "text that cannot be read again", "one complete JSON document");
    }
    if (!problems.isEmpty()) {
      throw new InvalidConfigurationException(WHAT, problems);
    }
    return new Own(port, address);
  }

  private static OptionalInt port(JsonParser parser, JsonToken value, List<ConfigProblem> problems)
      throws IOException {
    if (value == JsonToken.VALUE_NUMBER_INT
        && parser.getNumberType() == JsonParser.NumberType.INT
        && parser.getIntValue() >= 0
        && parser.getIntValue() <= 65535) {
      return OptionalInt.of(parser.getIntValue());
    }
    problems.add(new ConfigProblem("/" + LISTEN_PORT, "something else", PORTS));
    return OptionalInt.empty();
  }

  private static Optional<InetAddress> address(
      JsonParser parser, JsonToken value, List<ConfigProblem> problems) throws IOException {
    if (value == JsonToken.VALUE_STRING) {
      try {
        return Optional.of(InetAddress.ofLiteral(parser.getText()));
      } catch (IllegalArgumentException e) {
        // Reported below.
      }
    }
    problems.add(
        new ConfigProblem(
            "/" + BIND_ADDRESS, "something else", "a numeric IPv4 or IPv6 address of this host"));
    return Optional.empty();
  }

  private static InvalidConfigurationException problem(
      String location, String found, String allowed) {
    return new InvalidConfigurationException(
        WHAT, List.of(new ConfigProblem(location, found, allowed)));
  }
}
