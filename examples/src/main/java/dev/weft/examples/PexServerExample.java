// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import dev.weft.overlay.DynamicNetwork;
import dev.weft.overlay.OverlayStatus;
import dev.weft.pex.server.FileReport;
import dev.weft.pex.server.NetworkReport;
import dev.weft.pex.server.PexServer;
import dev.weft.pex.server.PexServerConfig;
import dev.weft.pex.server.Problem;
import dev.weft.pex.server.ServerReport;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** A public PEX service: networks of a directory, STUN and management, until it is told to end. */
@Command(
    name = "pex-server",
    description = {
      "Serves the networks that a directory of definitions holds, with STUN and management.",
      "Needs no privilege. SIGTERM and Ctrl-C end it; what it knows is on disk then."
    },
    mixinStandardHelpOptions = true)
final class PexServerExample implements Callable<Integer> {

  private static final String DEFAULT_MANAGEMENT =
      "127.0.0.1:" + PexServerConfig.DEFAULT_MANAGEMENT_PORT;
  private static final String DEFAULT_STUN_PORT = "" + PexServerConfig.DEFAULT_STUN_PORT;
  private static final String DEFAULT_PEX_PORT = "" + DynamicNetwork.DEFAULT_PORT;
  private static final long LOOK_SECONDS = 2;

  /** {@code 127.0.0.1:8080} or {@code [::1]:8080}; port 0 is any. */
  static final class Address implements ITypeConverter<Endpoint> {
    @Override
    public Endpoint convert(String text) {
      int colon = text.lastIndexOf(':');
      try {
        String host = text.substring(0, Math.max(colon, 0));
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        return new Endpoint(
            InetAddress.ofLiteral(bracketed ? host.substring(1, host.length() - 1) : host),
            Integer.parseInt(text.substring(colon + 1)));
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException("'" + text + "' is not ADDR:PORT, for example [::1]:80");
      }
    }
  }

  @Option(
      names = "--dir",
      required = true,
      paramLabel = "DIR",
      description = "the definitions of networks, *.json; looked through every two seconds")
  @SuppressWarnings("NullAway.Init") // Required, so picocli sets it.
  private Path directory;

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "where signed data and the token are kept (default: state in --dir)")
  private @Nullable Path state;

  @Option(
      names = "--listen",
      paramLabel = "ADDR",
      description = "the underlay address of WireGuard, PEX and STUN (default: all)")
  private @Nullable InetAddress listen;

  @Option(
      names = "--wireguard-port",
      paramLabel = "PORT",
      description = "of networks whose definition has no listen_port (default: in their data)")
  private @Nullable Integer wireGuardPort;

  @Option(
      names = "--pex-port",
      paramLabel = "PORT",
      defaultValue = DEFAULT_PEX_PORT,
      description = "of external PEX (default: ${DEFAULT-VALUE})")
  private int pexPort;

  @Option(
      names = "--stun-port",
      paramLabel = "PORT",
      defaultValue = DEFAULT_STUN_PORT,
      description = "of STUN; 0 for none (default: ${DEFAULT-VALUE})")
  private int stunPort;

  @Option(
      names = "--management",
      paramLabel = "ADDR:PORT",
      defaultValue = DEFAULT_MANAGEMENT,
      converter = Address.class,
      description = "where management listens; port 0 for any (default: ${DEFAULT-VALUE})")
  @SuppressWarnings("NullAway.Init") // Has a default, so picocli sets it.
  private Endpoint management;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "the management token (default: management-token in --state; made if missing)")
  private @Nullable Path tokenFile;

  @Option(names = "--json", description = "prints JSON lines")
  private boolean json;

  @Override
  public Integer call() throws InterruptedException {
    Story story = new Story(System.out, json);
    PexServer server = PexServer.open(config());
    Runtime.getRuntime().addShutdownHook(new Thread(server::close, "weft-close"));
    tellWhereItListens(server, story);
    CompletableFuture<Void> closed = server.closed().toCompletableFuture();
    waitFor(CompletableFuture.anyOf(server.ready().toCompletableFuture(), closed));
    Set<String> told = new HashSet<>();
    while (!closed.isDone()) {
      tellNews(server.report(), told, story);
      waitFor(closed);
    }
    return Examples.OK;
  }

  private static void waitFor(CompletableFuture<?> event) throws InterruptedException {
    try {
      event.get(LOOK_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      // Time to look again; the service closes of its own accord only when it is told to.
    }
  }

  private PexServerConfig config() {
    PexServerConfig.Builder config =
        PexServerConfig.builder().directory(directory).management(management).pexPort(pexPort);
    Optional.ofNullable(state).ifPresent(config::stateDirectory);
    Optional.ofNullable(listen).ifPresent(config::bindAddress);
    Optional.ofNullable(wireGuardPort).ifPresent(config::wireGuardPort);
    Optional.ofNullable(tokenFile).ifPresent(config::tokenFile);
    if (stunPort != 0) {
      config.stunPort(stunPort);
    }
    try {
      return config.build();
    } catch (IllegalArgumentException e) {
      throw Failure.wrongInput(String.valueOf(e.getMessage()));
    }
  }

  private static void tellWhereItListens(PexServer server, Story story) {
    server
        .stun()
        .ifPresent(
            stun ->
                story.result(
                    "stun", "STUN listens on UDP " + stun, Map.of("listen", stun.toString())));
    String where = server.management().orElseThrow().toString();
    String token = server.tokenFile().orElseThrow().toString();
    story.result(
        "management",
        "management listens on http://" + where + ", its token is in " + token,
        Map.of("listen", where, "token-file", token));
  }

  /** Says what has not been said before. */
  private static void tellNews(ServerReport report, Set<String> told, Story story) {
    List<String> lines = new ArrayList<>();
    for (Problem problem : report.problems()) {
      lines.add("problem: " + problem);
    }
    for (FileReport file : report.files()) {
      file.problems().forEach(problem -> lines.add("problem: " + file.file() + ": " + problem));
      file.warnings().forEach(warning -> lines.add("warning: " + file.file() + ": " + warning));
    }
    for (NetworkReport network : report.networks()) {
      String listen =
          network
              .status()
              .flatMap(OverlayStatus::listen)
              .map(endpoint -> " on UDP " + endpoint)
              .orElse("");
      lines.add(
          "network "
              + network.name()
              + " is "
              + network.state().name().toLowerCase(Locale.ROOT)
              + listen);
      network
          .problems()
          .forEach(problem -> lines.add("problem: " + network.name() + ": " + problem));
    }
    lines.stream().filter(line -> !told.contains(line)).forEach(story::say);
    told.clear();
    told.addAll(lines);
  }
}
