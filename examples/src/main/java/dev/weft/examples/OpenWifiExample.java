// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import dev.weft.config.OpenWifiDocument;
import dev.weft.config.OpenWifiDocument.Options;
import dev.weft.overlay.DataPlaneUnavailableException;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.PortKind;
import dev.weft.overlay.ServiceUnavailableException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The main job: OpenWiFi configurations become nodes that find each other and talk directly. */
@Command(
    name = "openwifi",
    description = {
      "Turns OpenWiFi wireguard-overlay configurations into a running overlay.",
      "Without options: a root node and two access points in one process, with real UDP on"
          + " 127.0.0.1, 127.0.0.2 and 127.0.0.3, which find each other by PEX; every pair is pinged"
          + " and the direct path is proved.",
      "With --netns: the same in three network namespaces with TUN interfaces, and the kernel pings."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:everything happened as it should",
      "1:something did not happen; the last line says what",
      "2:a document or the command line is wrong, or this machine lacks what they ask for"
    })
final class OpenWifiExample implements Callable<Integer> {

  private static final List<Path> SAMPLES =
      List.of(Samples.openwifi("root"), Samples.openwifi("ap1"), Samples.openwifi("ap2"));

  @Option(
      names = "--config",
      arity = "1..*",
      paramLabel = "FILE",
      description = "the configurations of the nodes to run in this process, on loopback addresses")
  private List<Path> configs = SAMPLES;

  @Option(
      names = "--node",
      paramLabel = "FILE",
      description = "runs the node of one configuration until it is interrupted")
  private @Nullable Path node;

  @Option(
      names = "--listen",
      paramLabel = "ADDR",
      description = "with --node: the local underlay address (default: all)")
  private @Nullable InetAddress listen;

  @Option(
      names = "--tun",
      paramLabel = "NAME",
      description = {
        "with --node: makes this TUN interface, with the overlay's addresses, routes and MTU, and"
            + " removes it at the end; needs root, or CAP_NET_ADMIN"
      })
  private @Nullable String tun;

  @Option(
      names = "--netns",
      description = {
        "runs each node as a process in a network namespace of its own, with a TUN interface; the"
            + " namespaces are removed at the end; needs root, ip and ping"
      })
  private boolean netns;

  @Option(names = "--controlled", hidden = true, description = "serves questions on standard input")
  private boolean controlled;

  @Option(names = "--json", description = "prints JSON lines")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Story story = new Story(System.out, json);
    try {
      if (node != null) {
        if (netns) {
          throw Failure.wrongInput("--netns runs several nodes, and --node one");
        }
        return runNode(node, story);
      }
      if (tun != null || listen != null) {
        throw Failure.wrongInput("--tun and --listen belong to --node");
      }
      if (netns) {
        return new NamespaceDemonstration(configs, read(configs), story).run();
      }
      return new OpenWifiDemonstration(read(configs), story).run();
    } catch (InvalidConfigurationException
        | ServiceUnavailableException
        | DataPlaneUnavailableException e) {
      throw Failure.wrongInput(String.valueOf(e.getMessage()));
    }
  }

  private static List<OpenWifiDocument> read(List<Path> files) throws IOException {
    List<OpenWifiDocument> documents = new ArrayList<>();
    for (Path file : files) {
      documents.add(read(file));
    }
    OpenWifiDocument.requireAgreement(documents);
    return documents;
  }

  private static OpenWifiDocument read(Path file) throws IOException {
    String text;
    try {
      text = Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new Failure(Examples.WRONG_INPUT, file + ": there is no such file");
    } catch (CharacterCodingException e) {
      throw new Failure(Examples.WRONG_INPUT, file + ": this is not UTF-8 text");
    }
    try {
      return OpenWifiDocument.parse(text);
    } catch (InvalidConfigurationException e) {
      throw new Failure(Examples.WRONG_INPUT, file + ": " + e.getMessage());
    }
  }

  private int runNode(Path file, Story story) throws IOException, InterruptedException {
    OpenWifiDocument document = read(file);
    document.warnings().forEach(warning -> story.say("warning: " + warning));
    Overlay overlay = Overlay.open(document.toOverlayConfig(options()), story);
    Runtime.getRuntime().addShutdownHook(new Thread(overlay::close, "weft-close"));
    overlay.ready().toCompletableFuture().join();
    story.say(document.localName() + " runs; Ctrl-C ends it");
    if (controlled) {
      new NodeControl(overlay, story).serve(System.in);
    }
    overlay.closed().toCompletableFuture().join();
    return Examples.OK;
  }

  private Options options() {
    Options.Builder options = Options.builder();
    if (listen != null) {
      options.bindAddress(listen);
    }
    if (tun != null) {
      try {
        options.portKind(new PortKind.Tun(tun));
      } catch (IllegalArgumentException e) {
        throw Failure.wrongInput("--" + e.getMessage());
      }
    }
    return options.build();
  }
}
