// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayStatus;
import dev.weft.peer.PeerConfig;
import dev.weft.peer.PeerStatus;
import dev.weft.peer.PresharedKey;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
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
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A program that opens overlays as it is told on standard input: this project's end of an interop
 * test, started in a namespace. It ends with its input.
 *
 * <p>A request is a line {@code ID VERB OVERLAY KEY=VALUE…}, its answer a line {@code ID ok
 * KEY=VALUE…} or {@code ID error TEXT}. Answers come when they are ready, in any order. Verbs:
 *
 * <ul>
 *   <li>{@code open private-key listen-port address… peer [psk] [endpoint] allowed-ip…}
 *   <li>{@code change-psk psk}: the same peer with this preshared key; none if it is empty
 *   <li>{@code ping target count interval timeout} (nanoseconds) → {@code sent received min max
 *       errors}
 *   <li>{@code status} → {@code listen-port endpoint handshake received sent} and the drops
 *   <li>{@code rebind}, {@code close}
 * </ul>
 */
final class InteropNode {

  private final Map<String, OpenOverlay> overlays = new ConcurrentHashMap<>();
  private final ScheduledExecutorService pacer = Executors.newSingleThreadScheduledExecutor();
  private final PrintStream answers;

  private record OpenOverlay(Overlay overlay, OverlayConfig config) {}

  /** A request's words. */
  private record Request(String id, String verb, String overlay, Map<String, List<String>> values) {

    static Request parse(String line) {
      List<String> words = List.of(line.split(" ", -1));
      Map<String, List<String>> values = new HashMap<>();
      for (String word : words.subList(3, words.size())) {
        int equals = word.indexOf('=');
        values
            .computeIfAbsent(word.substring(0, equals), key -> new ArrayList<>())
            .add(word.substring(equals + 1));
      }
      return new Request(words.get(0), words.get(1), words.get(2), values);
    }

    List<String> all(String key) {
      return values.getOrDefault(key, List.of());
    }

    Optional<String> optional(String key) {
      return all(key).stream().findFirst();
    }

    String value(String key) {
      return optional(key).orElseThrow(() -> new IllegalArgumentException(verb + " needs " + key));
    }

    long number(String key) {
      return Long.parseLong(value(key));
    }
  }

  private InteropNode(PrintStream answers) {
    this.answers = answers;
  }

  /** Serves until the end of standard input. */
  public static void main(String[] arguments) throws IOException {
    PrintStream answers =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    InteropNode node = new InteropNode(answers);
    try (BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = requests.readLine(); line != null; line = requests.readLine()) {
        node.serve(Request.parse(line));
      }
    } finally {
      node.overlays.values().forEach(open -> open.overlay().close());
      node.pacer.shutdownNow();
    }
  }

  private void serve(Request request) {
    CompletionStage<String> answer;
    try {
      answer =
          switch (request.verb()) {
            case "open" -> open(request);
            case "change-psk" -> changePresharedKey(request);
            case "ping" -> ping(request);
            case "status" -> overlay(request).refreshStatus().thenApply(InteropNode::describe);
            case "rebind" -> overlay(request).rebind().thenApply(done -> "");
            case "close" -> close(request);
            default -> throw new IllegalArgumentException("no such verb: " + request.verb());
          };
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedStage(e);
    }
    answer.whenComplete(
        (text, failure) ->
            answers.println(
                request.id()
                    + (failure == null
                        ? " ok " + text
                        : " error " + cause(failure).toString().replace('\n', ' '))));
  }

  private static Throwable cause(Throwable failure) {
    Throwable inner = failure instanceof CompletionException ? failure.getCause() : failure;
    return inner == null ? failure : inner;
  }

  private OpenOverlay find(Request request) {
    OpenOverlay open = overlays.get(request.overlay());
    if (open == null) {
      throw new IllegalArgumentException("no such overlay: " + request.overlay());
    }
    return open;
  }

  private Overlay overlay(Request request) {
    return find(request).overlay();
  }

  private CompletionStage<String> open(Request request) {
    InterfaceConfig.Builder local =
        InterfaceConfig.builder(PrivateKey.parse(request.value("private-key")))
            .listenPort((int) request.number("listen-port"));
    request.all("address").forEach(text -> local.address(InterfaceAddress.parse(text)));
    PeerConfig.Builder peer =
        PeerConfig.builder(PublicKey.parse(request.value("peer"))).name("peer");
    request.all("allowed-ip").forEach(text -> peer.allowedIp(IpPrefix.parse(text)));
    request.optional("psk").ifPresent(text -> peer.presharedKey(PresharedKey.parse(text)));
    request
        .optional("endpoint")
        .ifPresent(text -> peer.endpoint(EndpointName.of(Endpoint.parse(text))));
    OverlayConfig config =
        OverlayConfig.builder(request.overlay(), PrivateKey.parse(request.value("private-key")))
            .interfaceConfig(local.build())
            .dataPlane("userspace")
            .peer(peer.build())
            .build();
    Overlay overlay =
        Overlay.open(config, event -> System.err.println(request.overlay() + ": " + event));
    overlays.put(request.overlay(), new OpenOverlay(overlay, config));
    return overlay.ready().thenApply(ready -> "");
  }

  private CompletionStage<String> changePresharedKey(Request request) {
    OpenOverlay open = find(request);
    PeerConfig old = open.config().peers().getFirst();
    PeerConfig.Builder peer =
        PeerConfig.builder(old.publicKey()).name("peer").allowedIps(old.allowedIps());
    old.endpoint().ifPresent(peer::endpoint);
    request
        .optional("psk")
        .filter(text -> !text.isEmpty())
        .ifPresent(text -> peer.presharedKey(PresharedKey.parse(text)));
    OverlayConfig config = open.config().toBuilder().peers(List.of(peer.build())).build();
    overlays.put(request.overlay(), new OpenOverlay(open.overlay(), config));
    return open.overlay().update(config).thenApply(done -> "");
  }

  private CompletionStage<String> close(Request request) {
    Overlay overlay = overlay(request);
    overlays.remove(request.overlay());
    Thread.ofVirtual().start(overlay::close);
    return overlay.closed().thenApply(done -> "");
  }

  private CompletionStage<String> ping(Request request) {
    PingSeries series =
        new PingSeries(
            overlay(request),
            InetAddress.ofLiteral(request.value("target")),
            (int) request.number("count"),
            Duration.ofNanos(request.number("timeout")));
    return series.start(pacer, request.number("interval"));
  }

  private static String describe(OverlayStatus status) {
    PeerStatus peer = status.peers().getFirst();
    Map<String, Object> values = new LinkedHashMap<>();
    status.listen().ifPresent(listen -> values.put("listen-port", listen.port()));
    peer.endpoint().ifPresent(endpoint -> values.put("endpoint", endpoint));
    peer.lastHandshake().ifPresent(instant -> values.put("handshake", instant.toEpochMilli()));
    values.put("received", peer.receivedOctets());
    values.put("sent", peer.sentOctets());
    values.put("received-packets", peer.receivedPackets());
    values.put("sent-packets", peer.sentPackets());
    status.drops().forEach((reason, count) -> values.put("drop." + reason, count));
    return joined(values);
  }

  private static String joined(Map<String, Object> values) {
    List<String> words = new ArrayList<>();
    values.forEach((key, value) -> words.add(key + "=" + value.toString().replace(' ', '_')));
    return String.join(" ", words);
  }

  /** A series of echo requests at a steady pace, whether answers come or not. */
  private static final class PingSeries {
    private final Overlay overlay;
    private final InetAddress target;
    private final int count;
    private final Duration timeout;
    private final CompletableFuture<String> result = new CompletableFuture<>();
    private final Map<String, Integer> errors = new LinkedHashMap<>();
    private int sent;
    private int answered;
    private int failed;
    private Duration slowest = Duration.ZERO;

    PingSeries(Overlay overlay, InetAddress target, int count, Duration timeout) {
      this.overlay = overlay;
      this.target = target;
      this.count = count;
      this.timeout = timeout;
    }

    CompletionStage<String> start(ScheduledExecutorService pacer, long intervalNanos) {
      ScheduledFuture<?> pace =
          pacer.scheduleAtFixedRate(this::sendOne, 0, intervalNanos, TimeUnit.NANOSECONDS);
      return result.whenComplete((text, failure) -> pace.cancel(false));
    }

    private void sendOne() {
      synchronized (this) {
        if (sent == count) {
          return;
        }
        sent++;
      }
      try {
        overlay.ping(target, timeout).whenComplete(this::answered);
      } catch (RuntimeException e) {
        result.completeExceptionally(e);
      }
    }

    private synchronized void answered(Duration roundTrip, Throwable failure) {
      if (failure == null) {
        answered++;
        slowest = roundTrip.compareTo(slowest) > 0 ? roundTrip : slowest;
      } else {
        failed++;
        errors.merge(
            cause(failure).toString().replace(' ', '_').replace('\n', '_'), 1, Integer::sum);
      }
      if (answered + failed == count) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("sent", sent);
        values.put("received", answered);
        values.put("slowest", slowest);
        values.put("errors", errors);
        result.complete(joined(values));
      }
    }
  }
}
