// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

/** The services of a document. */
@Command(
    name = "service",
    description = "Adds, changes and removes services of a document.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      PexToolServices.Add.class,
      PexToolServices.Change.class,
      PexToolServices.Remove.class
    })
final class PexToolServices {

  private static final String SECTION = "services";
  private static final String KIND = "service";
  private static final ObjectMapper JSON = new ObjectMapper();

  private PexToolServices() {}

  /** What a service of a document may have. */
  abstract static class ServiceCommand extends PexToolCommand {

    @Parameters(index = "0", paramLabel = "NET.json", description = "the document")
    private @Nullable Path file;

    @Parameters(index = "1", paramLabel = "NAME", description = "the service")
    private @Nullable String name;

    @Option(
        names = {"-t", "--type"},
        paramLabel = "TYPE",
        description = "its type, for example vxlan")
    private @Nullable String type;

    @Option(
        names = {"-m", "--member"},
        paramLabel = "MEMBER",
        description = "a host, @group, or @all; may repeat")
    private List<String> members = List.of();

    @Option(
        names = {"-c", "--config"},
        paramLabel = "NAME=VALUE",
        description = "a setting of its type; JSON, or else text; may repeat")
    private Map<String, String> config = Map.of();

    @Override
    final void run() throws IOException {
      NetworkDocument document = NetworkDocument.open(PexToolNetwork.required(file));
      ObjectNode service = service(document, PexToolNetwork.required(name));
      if (type != null) {
        service.put("type", type);
      }
      if (!config.isEmpty()) {
        ObjectNode values =
            service.get("config") instanceof ObjectNode old ? old : service.putObject("config");
        config.forEach((setting, text) -> values.set(setting, value(text)));
      }
      if (!members.isEmpty()) {
        NetworkDocument.putTexts(service, "members", new LinkedHashSet<>(members));
      } else if (!service.has("members")) {
        throw Failure.wrongInput("a service needs a --member");
      }
      document.save(this::warn);
    }

    /** The service that is changed. */
    abstract ObjectNode service(NetworkDocument document, String service);

    private static JsonNode value(String text) {
      try {
        JsonNode value = JSON.readTree(text);
        return value.isMissingNode() ? JSON.getNodeFactory().textNode(text) : value;
      } catch (JsonProcessingException e) {
        return JSON.getNodeFactory().textNode(text);
      }
    }
  }

  /** New services. */
  @Command(name = "add", description = "Adds a service.")
  static final class Add extends ServiceCommand {
    @Override
    ObjectNode service(NetworkDocument document, String service) {
      return document.add(SECTION, KIND, service);
    }
  }

  /** Changed services. */
  @Command(
      name = "set",
      description = "Changes a service: what an option names is replaced, the rest stays.")
  static final class Change extends ServiceCommand {
    @Override
    ObjectNode service(NetworkDocument document, String service) {
      return document.existing(SECTION, KIND, service);
    }
  }

  /** Removed services. */
  @Command(name = "remove", description = "Removes a service.")
  static final class Remove extends PexToolCommand {

    @Parameters(index = "0", paramLabel = "NET.json", description = "the document")
    private @Nullable Path file;

    @Parameters(index = "1", paramLabel = "NAME", description = "the service")
    private @Nullable String name;

    @Override
    void run() throws IOException {
      NetworkDocument document = NetworkDocument.open(PexToolNetwork.required(file));
      String service = PexToolNetwork.required(name);
      document.existing(SECTION, KIND, service);
      document.section(SECTION).remove(service);
      document.save(this::warn);
    }
  }

  /** Takes a member out of all services; one without members stays, with none. */
  static void removeMember(NetworkDocument document, String member) {
    for (JsonNode service : document.section(SECTION)) {
      if (service instanceof ObjectNode object) {
        Set<String> members = NetworkDocument.texts(object, "members");
        if (members.remove(member)) {
          NetworkDocument.putTexts(object, "members", members);
          if (members.isEmpty()) {
            object.putArray("members");
          }
        }
      }
    }
  }
}
