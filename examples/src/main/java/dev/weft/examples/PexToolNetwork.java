// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.config.NetworkData;
import dev.weft.pex.netdata.SignedNetworkData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Whole networks. */
final class PexToolNetwork {

  private PexToolNetwork() {}

  /** New documents. */
  @Command(name = "create", description = "Makes the document of a new network, without hosts.")
  static final class Create extends PexToolCommand {

    @Parameters(paramLabel = "NET.json", description = "the file to make")
    private @Nullable Path file;

    @Option(
        names = {"-k", "--auth-key"},
        paramLabel = "KEY",
        description = "the network's auth public key, or a file with it; becomes its id")
    private @Nullable String authKey;

    @Option(
        names = "--id",
        paramLabel = "TEXT",
        description = "another id; overlay addresses derive from it")
    private @Nullable String id;

    @Option(
        names = "--port",
        defaultValue = "51830",
        description = "WireGuard port (default 51830)")
    private int port;

    @Option(
        names = "--pex-port",
        defaultValue = "51831",
        description = "PEX port in the tunnel (default 51831)")
    private int pexPort;

    @Option(
        names = "--keepalive",
        defaultValue = "10",
        paramLabel = "SECONDS",
        description = "keepalive (default 10); without it nothing connects")
    private int keepalive;

    @Option(names = "--stun-server", paramLabel = "HOST:PORT", description = "may occur repeatedly")
    private List<String> stunServers = List.of();

    @Option(
        names = "--rounds",
        description = "rounds for secrets from passphrases, kept with the network")
    private @Nullable Integer rounds;

    @Option(names = "--salt", paramLabel = "HEX", description = "32 hexadecimal digits, as above")
    private @Nullable String salt;

    @Override
    void run() throws IOException {
      Path target = required(file);
      NetworkDocument document = NetworkDocument.create(target);
      ObjectNode config = document.section("config");
      if (id != null || authKey != null) {
        config.put("id", id != null ? id : SecretFiles.authKey(required(authKey)).toString());
      }
      config.put("port", port(port, "--port"));
      config.put("peer-exchange-port", port(pexPort, "--pex-port"));
      config.put("keepalive", keepalive);
      NetworkDocument.putTexts(config, "stun-servers", stunServers);
      if (rounds != null) {
        config.put("rounds", rounds);
      }
      if (salt != null) {
        if (!salt.matches("[0-9a-fA-F]{32}")) {
          throw Failure.wrongInput("--salt: 32 hexadecimal digits");
        }
        config.put("salt", salt);
      }
      document.save(this::warn);
    }
  }

  /** What is in a network. */
  @Command(
      name = "show",
      description = "Shows the hosts and services of a document or of signed data.")
  static final class Show extends PexToolCommand {

    private static final String ROW = "%-16s %-44s %-39s %-22s %s%n";

    @Parameters(paramLabel = "FILE", description = "a document (.json) or signed data")
    private @Nullable Path file;

    @Option(names = "--json", description = "prints JSON lines")
    private boolean json;

    @Override
    void run() throws IOException {
      NetworkData.Reading reading = reading(required(file));
      reading.warnings().forEach(warning -> warn(file + ": " + warning));
      NetworkData data = reading.data();
      if (!json) {
        out().printf(Locale.ROOT, ROW, "host", "key", "overlay address", "endpoint", "groups");
      }
      for (NetworkData.Host host : data.hosts()) {
        String address = data.overlayAddress(host.key()).getHostAddress();
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("host", host.name());
        values.put("key", host.key().toString());
        values.put("overlay-address", address);
        values.put("endpoint", host.endpoint().orElse(""));
        values.put("groups", host.groups());
        print(
            json,
            values,
            String.format(
                    Locale.ROOT,
                    ROW,
                    host.name(),
                    host.key(),
                    address,
                    host.endpoint().orElse("-"),
                    String.join(",", host.groups()))
                .stripTrailing());
      }
      for (NetworkData.Service service : data.services()) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("service", service.name());
        values.put("type", service.type());
        values.put("members", service.members());
        print(
            json,
            values,
            "service "
                + service.name()
                + " ("
                + service.type()
                + "): "
                + String.join(", ", service.members()));
      }
    }

    private static NetworkData.Reading reading(Path file) throws IOException {
      Optional<SignedNetworkData> signed = PexToolSigned.readIfSigned(file);
      return signed.isPresent()
          ? NetworkData.read(signed.get().json())
          : NetworkDocument.read(file);
    }
  }

  /** A port, which no reader checks. PEX §3.2. */
  static int port(int port, String option) {
    if (port < 0 || port > 65535) {
      throw Failure.wrongInput(option + ": " + port + " is not in 0 to 65535");
    }
    return port;
  }

  /** A parameter that the command line requires. */
  static <T> T required(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("a required parameter is missing");
    }
    return value;
  }
}
