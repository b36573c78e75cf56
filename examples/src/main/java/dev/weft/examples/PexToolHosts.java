// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.crypto.Secrets;
import dev.weft.peer.PrivateKey;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The hosts of a document. */
@Command(
    name = "host",
    description = "Adds, changes and removes hosts of a document.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {PexToolHosts.Add.class, PexToolHosts.Change.class, PexToolHosts.Remove.class})
final class PexToolHosts {

  private static final String SECTION = "hosts";
  private static final String KIND = "host";

  private PexToolHosts() {}

  /** What a host of a document may have. */
  abstract static class HostCommand extends PexToolCommand {

    @Parameters(index = "0", paramLabel = "NET.json", description = "the document")
    private @Nullable Path file;

    @Parameters(index = "1", paramLabel = "NAME", description = "the host")
    private @Nullable String name;

    @Option(
        names = {"-k", "--key"},
        paramLabel = "KEY",
        description = "its public key, or a file with it")
    private @Nullable String key;

    @Option(
        names = "--secret",
        paramLabel = "FILE",
        description = "the file with its secret, from which the public key is made")
    private @Nullable Path secret;

    @Option(
        names = {"-e", "--endpoint"},
        paramLabel = "HOST[:PORT]",
        description = "where it can be reached from outside; IPv6 in brackets")
    private @Nullable String endpoint;

    @Option(names = "--ipaddr", paramLabel = "ADDR", description = "an address; may repeat")
    private List<String> addresses = List.of();

    @Option(
        names = "--subnet",
        paramLabel = "ADDR/BITS",
        description = "a network behind it; may repeat")
    private List<String> subnets = List.of();

    @Option(
        names = {"-g", "--group"},
        paramLabel = "GROUP",
        description = "a group it belongs to; may repeat")
    private List<String> groups = List.of();

    @Option(names = "--gateway", paramLabel = "HOST", description = "the host that relays for it")
    private @Nullable String gateway;

    @Option(names = "--port", description = "its WireGuard port")
    private @Nullable Integer port;

    @Option(names = "--pex-port", description = "its PEX port in the tunnel; 0: none")
    private @Nullable Integer pexPort;

    @Option(names = "--meta", paramLabel = "NAME=TEXT", description = "opaque; may repeat")
    private Map<String, String> meta = Map.of();

    @Override
    final void run() throws IOException {
      NetworkDocument document = NetworkDocument.open(PexToolNetwork.required(file));
      ObjectNode host = host(document, PexToolNetwork.required(name));
      if (key != null || secret != null) {
        host.put("key", publicKey());
      }
      put(host, "endpoint", endpoint);
      put(host, "gateway", gateway);
      if (port != null) {
        host.put("port", PexToolNetwork.port(port, "--port"));
      }
      if (pexPort != null) {
        host.put("peer-exchange-port", PexToolNetwork.port(pexPort, "--pex-port"));
      }
      put(host, "ipaddr", addresses);
      put(host, "subnet", subnets);
      put(host, "groups", groups);
      if (!meta.isEmpty()) {
        ObjectNode values = host.putObject("meta");
        meta.forEach(values::put);
      }
      document.save(this::warn);
    }

    /** The host that is changed. */
    abstract ObjectNode host(NetworkDocument document, String host);

    final boolean hasKey() {
      return key != null || secret != null;
    }

    private String publicKey() throws IOException {
      if (secret == null) {
        return SecretFiles.publicKey(PexToolNetwork.required(key)).toString();
      }
      if (key != null) {
        throw Failure.wrongInput("give either --key or --secret");
      }
      byte[] octets = SecretFiles.read(secret, this::warn);
      PrivateKey privateKey = PrivateKey.of(octets);
      Secrets.erase(octets);
      try {
        return privateKey.publicKey().toString();
      } finally {
        privateKey.destroy();
      }
    }

    private static void put(ObjectNode host, String member, @Nullable String value) {
      if (value != null) {
        host.put(member, value);
      }
    }

    private static void put(ObjectNode host, String member, List<String> values) {
      if (!values.isEmpty()) {
        NetworkDocument.putTexts(host, member, new LinkedHashSet<>(values));
      }
    }
  }

  /** New hosts. */
  @Command(name = "add", description = "Adds a host.")
  static final class Add extends HostCommand {
    @Override
    ObjectNode host(NetworkDocument document, String host) {
      if (!hasKey()) {
        throw Failure.wrongInput("a new host needs --key or --secret");
      }
      return document.add(SECTION, KIND, host);
    }
  }

  /** Changed hosts. */
  @Command(
      name = "set",
      description = "Changes a host: what an option names is replaced, the rest stays.")
  static final class Change extends HostCommand {

    private static final Set<String> MEMBERS =
        Set.of(
            "endpoint",
            "ipaddr",
            "subnet",
            "groups",
            "gateway",
            "port",
            "peer-exchange-port",
            "meta");

    @Option(
        names = "--unset",
        paramLabel = "MEMBER",
        description = "a member of the document to remove, for example gateway; may repeat")
    private List<String> unset = List.of();

    @Override
    ObjectNode host(NetworkDocument document, String host) {
      ObjectNode object = document.existing(SECTION, KIND, host);
      for (String member : unset) {
        if (!MEMBERS.contains(member)) {
          throw Failure.wrongInput("--unset: one of " + String.join(", ", sorted(MEMBERS)));
        }
        object.remove(member);
      }
      return object;
    }

    private static List<String> sorted(Set<String> names) {
      return names.stream().sorted().toList();
    }
  }

  /** Removed hosts. */
  @Command(name = "remove", description = "Removes a host, also from the members of services.")
  static final class Remove extends PexToolCommand {

    @Parameters(index = "0", paramLabel = "NET.json", description = "the document")
    private @Nullable Path file;

    @Parameters(index = "1", paramLabel = "NAME", description = "the host")
    private @Nullable String name;

    @Override
    void run() throws IOException {
      NetworkDocument document = NetworkDocument.open(PexToolNetwork.required(file));
      String host = PexToolNetwork.required(name);
      document.existing(SECTION, KIND, host);
      document.section(SECTION).remove(host);
      PexToolServices.removeMember(document, host);
      PexToolGroups.removeEmptyFromServices(document);
      document.save(this::warn);
    }
  }
}
