// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The groups of a document, which exist by being named in hosts. PEX §3.2. */
@Command(
    name = "group",
    description = "Puts hosts of a document into groups and takes them out.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {PexToolGroups.Add.class, PexToolGroups.Remove.class})
final class PexToolGroups {

  private static final String HOSTS = "hosts";

  private PexToolGroups() {}

  /** A group and hosts. */
  abstract static class GroupCommand extends PexToolCommand {

    @Parameters(index = "0", paramLabel = "NET.json", description = "the document")
    private @Nullable Path file;

    @Parameters(index = "1", paramLabel = "GROUP", description = "the group")
    private @Nullable String group;

    @Override
    final void run() throws IOException {
      NetworkDocument document = NetworkDocument.open(PexToolNetwork.required(file));
      String name = PexToolNetwork.required(group);
      if (name.isEmpty() || name.startsWith("@")) {
        throw Failure.wrongInput("the name of a group is not empty and has no @ in front");
      }
      change(document, name);
      document.save(this::warn);
    }

    abstract void change(NetworkDocument document, String name);

    /** Changes one host. */
    static boolean change(NetworkDocument document, String host, String name, boolean member) {
      ObjectNode object = document.existing(HOSTS, "host", host);
      Set<String> groups = NetworkDocument.texts(object, "groups");
      boolean changed = member ? groups.add(name) : groups.remove(name);
      NetworkDocument.putTexts(object, "groups", groups);
      return changed;
    }
  }

  /** More members. */
  @Command(name = "add", description = "Puts hosts into a group.")
  static final class Add extends GroupCommand {

    @Parameters(index = "2", arity = "1..*", paramLabel = "HOST", description = "the hosts")
    private List<String> hosts = List.of();

    @Override
    void change(NetworkDocument document, String name) {
      hosts.forEach(host -> change(document, host, name, true));
    }
  }

  /** Fewer members. */
  @Command(
      name = "remove",
      description = "Takes hosts out of a group; a group without hosts leaves services too.")
  static final class Remove extends GroupCommand {

    @Parameters(
        index = "2",
        arity = "0..*",
        paramLabel = "HOST",
        description = "the hosts (default: all)")
    private List<String> hosts = List.of();

    @Override
    void change(NetworkDocument document, String name) {
      boolean changed = false;
      for (String host : hosts.isEmpty() ? names(document) : hosts) {
        changed |= change(document, host, name, false);
      }
      if (!changed) {
        throw Failure.wrongInput("none of the hosts is in the group " + name);
      }
      removeEmptyFromServices(document);
    }

    private static List<String> names(NetworkDocument document) {
      return document.section(HOSTS).properties().stream()
          .filter(host -> host.getValue().isObject())
          .map(Map.Entry::getKey)
          .toList();
    }
  }

  /** Takes groups that no host names any more out of the services. */
  static void removeEmptyFromServices(NetworkDocument document) {
    Set<String> groups = new HashSet<>(Set.of("all", ""));
    for (JsonNode host : document.section(HOSTS)) {
      if (host instanceof ObjectNode object) {
        groups.addAll(NetworkDocument.texts(object, "groups"));
      }
    }
    Set<String> named = new HashSet<>();
    for (JsonNode service : document.section("services")) {
      if (service instanceof ObjectNode object) {
        named.addAll(NetworkDocument.texts(object, "members"));
      }
    }
    named.stream()
        .filter(member -> member.startsWith("@") && !groups.contains(member.substring(1)))
        .forEach(member -> PexToolServices.removeMember(document, member));
  }
}
