// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tunplane;

import dev.weft.overlay.Host;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayStatus;
import dev.weft.overlay.PortKind;
import dev.weft.peer.PeerConfig;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.DatagramEndpoint;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A program that opens overlays as it is told on standard input, and closes them when it is ended
 * by SIGTERM or SIGINT. Each line is answered, before the next is read, by {@code ok TEXT} or
 * {@code error CLASS: TEXT}. Verbs:
 *
 * <ul>
 *   <li>{@code open NAME private-key=K [tun=I] [port=P] [bind=A] [mtu=M] [network-port=P]
 *       address=A… peer=X…}, where X is {@code KEY;endpoint=E;allowed=P,P…}; answered when it is
 *       ready
 *   <li>{@code update NAME …}: the same words
 *   <li>{@code close NAME}, {@code suspend NAME}, {@code resume NAME}, {@code rebind NAME}
 *   <li>{@code status NAME} → {@code KEY=VALUE;…}
 *   <li>{@code ping NAME ADDRESS} → nanoseconds
 *   <li>{@code echo NAME ADDRESS PORT}: sends back the datagrams that come there
 *   <li>{@code datagram NAME ADDRESS PORT TEXT}: sends the text, and tells what comes back
 *   <li>{@code churn COUNT SEED …}: see {@link Churn}; the words of open
 * </ul>
 */
final class NodeProgram {

  private static final Duration BOUND = Duration.ofSeconds(10);

  private final Map<String, Overlay> overlays = new ConcurrentHashMap<>();

  private NodeProgram() {}

  /** Serves until the end of standard input. */
  public static void main(String[] arguments) throws IOException {
    PrintStream answers =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    NodeProgram program = new NodeProgram();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> program.overlays.values().forEach(Overlay::close), "close"));
    try (BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = requests.readLine(); line != null; line = requests.readLine()) {
        answers.println(program.answer(List.of(line.split(" ", -1))).replace('\n', ' '));
      }
    }
    System.exit(0);
  }

  private String answer(List<String> words) {
    try {
      return "ok " + serve(words.get(0), words.get(1), words.subList(2, words.size()));
    } catch (RuntimeException | ExecutionException | InterruptedException | TimeoutException e) {
      Throwable cause = e;
      while ((cause instanceof CompletionException || cause instanceof ExecutionException)
          && cause.getCause() != null) {
        cause = cause.getCause();
      }
      return "error " + cause;
    }
  }

  private String serve(String verb, String name, List<String> rest)
      throws ExecutionException, InterruptedException, TimeoutException {
    return switch (verb) {
      case "open" -> {
        Overlay overlay = Overlay.open(config(name, rest));
        overlays.put(name, overlay);
        overlay.ready().toCompletableFuture().get(30, TimeUnit.SECONDS);
        yield "";
      }
      case "update" -> done(overlay(name).update(config(name, rest)).toCompletableFuture());
      case "close" -> {
        overlay(name).close();
        overlays.remove(name);
        yield "";
      }
      case "suspend" -> done(overlay(name).suspend().toCompletableFuture());
      case "resume" -> done(overlay(name).resume().toCompletableFuture());
      case "rebind" -> done(overlay(name).rebind().toCompletableFuture());
      case "status" ->
          describe(overlay(name).refreshStatus().toCompletableFuture().get(30, TimeUnit.SECONDS));
      case "ping" ->
          ""
              + overlay(name)
                  .ping(InetAddress.ofLiteral(rest.getFirst()), BOUND)
                  .toCompletableFuture()
                  .get(30, TimeUnit.SECONDS)
                  .toNanos();
      case "echo" -> echo(overlay(name), rest);
      case "datagram" -> datagram(overlay(name), rest);
      case "churn" ->
          new Churn(Integer.parseInt(name), Long.parseLong(rest.getFirst()))
              .run(config("churn", rest.subList(1, rest.size())));
      default -> throw new IllegalArgumentException("no such verb: " + verb);
    };
  }

  private static String done(CompletableFuture<Void> stage)
      throws ExecutionException, InterruptedException, TimeoutException {
    stage.get(30, TimeUnit.SECONDS);
    return "";
  }

  private Overlay overlay(String name) {
    Overlay overlay = overlays.get(name);
    if (overlay == null) {
      throw new IllegalArgumentException("no such overlay: " + name);
    }
    return overlay;
  }

  private static OverlayConfig config(String name, List<String> words) {
    Map<String, List<String>> values = new TreeMap<>();
    for (String word : words) {
      int equals = word.indexOf('=');
      values
          .computeIfAbsent(word.substring(0, equals), key -> new ArrayList<>())
          .add(word.substring(equals + 1));
    }
    PrivateKey key = PrivateKey.parse(values.getOrDefault("private-key", List.of()).getFirst());
    InterfaceConfig.Builder local = InterfaceConfig.builder(key);
    for (String address : values.getOrDefault("address", List.of())) {
      local.address(InterfaceAddress.parse(address));
    }
    for (String tun : values.getOrDefault("tun", List.of())) {
      local.portKind(new PortKind.Tun(tun));
    }
    for (String port : values.getOrDefault("port", List.of())) {
      local.listenPort(Integer.parseInt(port));
    }
    for (String address : values.getOrDefault("bind", List.of())) {
      local.bindAddress(InetAddress.ofLiteral(address));
    }
    for (String octets : values.getOrDefault("mtu", List.of())) {
      local.mtuOctets(Integer.parseInt(octets));
    }
    OverlayConfig.Builder config =
        OverlayConfig.builder(name, key).interfaceConfig(local.build()).dataPlane("userspace");
    values.getOrDefault("peer", List.of()).forEach(peer -> config.peer(peer(peer)));
    for (String port : values.getOrDefault("network-port", List.of())) {
      config.network(network(key, Integer.parseInt(port)));
    }
    return config.build();
  }

  private static NetworkRevision network(PrivateKey key, int port) {
    Inet6Address address = (Inet6Address) InetAddress.ofLiteral("fd77::1");
    Host self = Host.builder("self", key.publicKey(), address).port(port).build();
    return new NetworkRevision(port, List.of(self), List.of(), port, Duration.ZERO);
  }

  private static PeerConfig peer(String text) {
    List<String> parts = List.of(text.split(";", -1));
    PeerConfig.Builder peer = PeerConfig.builder(PublicKey.parse(parts.getFirst()));
    for (String part : parts.subList(1, parts.size())) {
      String value = part.substring(part.indexOf('=') + 1);
      if (part.startsWith("endpoint=")) {
        peer.endpoint(EndpointName.of(Endpoint.parse(value)));
      } else {
        List.of(value.split(",", -1)).forEach(each -> peer.allowedIp(IpPrefix.parse(each)));
      }
    }
    return peer.build();
  }

  private static String describe(OverlayStatus status) {
    Map<String, String> values = new TreeMap<>(status.details());
    status.listen().ifPresent(listen -> values.put("listen", listen.toString()));
    status.drops().forEach((reason, count) -> values.put("drop." + reason, "" + count));
    return String.join(
        ";",
        values.entrySet().stream().map(each -> each.getKey() + "=" + each.getValue()).toList());
  }

  private static String echo(Overlay overlay, List<String> place)
      throws ExecutionException, InterruptedException, TimeoutException {
    CompletableFuture<DatagramEndpoint> socket = new CompletableFuture<>();
    overlay
        .datagram(
            InetAddress.ofLiteral(place.get(0)),
            Integer.parseInt(place.get(1)),
            (payload, source) -> {
              var _ = socket.join().send(payload, source);
            })
        .whenComplete(
            (opened, failure) -> {
              if (failure == null) {
                socket.complete(opened);
              } else {
                socket.completeExceptionally(failure);
              }
            });
    return socket.get(30, TimeUnit.SECONDS).localEndpoint().toString();
  }

  private static String datagram(Overlay overlay, List<String> words)
      throws ExecutionException, InterruptedException, TimeoutException {
    InetAddress target = InetAddress.ofLiteral(words.get(0));
    InetAddress own =
        overlay.status().addresses().stream()
            .map(InterfaceAddress::address)
            .filter(address -> address.getAddress().length == target.getAddress().length)
            .findFirst()
            .orElseThrow();
    CompletableFuture<String> reply = new CompletableFuture<>();
    try (DatagramEndpoint socket =
        overlay
            .datagram(
                own,
                0,
                (payload, source) ->
                    reply.complete(StandardCharsets.UTF_8.decode(payload).toString()))
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS)) {
      if (!socket.send(
          ByteBuffer.wrap(words.get(2).getBytes(StandardCharsets.UTF_8)),
          new Endpoint(target, Integer.parseInt(words.get(1))))) {
        throw new IllegalStateException("the datagram was dropped at once");
      }
      return reply.get(BOUND.toSeconds(), TimeUnit.SECONDS);
    }
  }
}
