// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import dev.weft.peer.PresharedKey;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An overlay of this project in an {@link InteropNode}. */
final class WeftSide implements Side {

  private final NodeProcess node;
  private final String name;

  private WeftSide(NodeProcess node, String name) {
    this.node = node;
    this.name = name;
  }

  /** Opens the overlay and waits until it runs. */
  static WeftSide open(NodeProcess node, TunnelSpec spec) {
    WeftSide side = new WeftSide(node, spec.name());
    List<String> words = new ArrayList<>();
    words.add("private-key=" + spec.privateKey().exportBase64());
    words.add("listen-port=" + spec.listenPort());
    spec.addresses().forEach(address -> words.add("address=" + address));
    words.add("peer=" + spec.peerKey());
    spec.presharedKey().ifPresent(key -> words.add("psk=" + key.exportBase64()));
    spec.endpoint().ifPresent(endpoint -> words.add("endpoint=" + endpoint));
    spec.allowedIps().forEach(prefix -> words.add("allowed-ip=" + prefix));
    side.ask("open", words);
    return side;
  }

  private Map<String, String> ask(String verb, List<String> words) {
    return ask(Lab.COMMAND_BOUND, verb, words);
  }

  private Map<String, String> ask(Duration bound, String verb, List<String> words) {
    List<String> request = new ArrayList<>(List.of(verb, name));
    request.addAll(words);
    return node.ask(bound, request);
  }

  @Override
  public int listenPort() {
    return Integer.parseInt(ask("status", List.of()).getOrDefault("listen-port", "0"));
  }

  @Override
  public PeerView peer() {
    Map<String, String> status = ask("status", List.of());
    return new PeerView(
        Optional.ofNullable(status.get("endpoint")).map(Endpoint::parse),
        Optional.ofNullable(status.get("handshake"))
            .map(millis -> Instant.ofEpochMilli(Long.parseLong(millis))),
        Long.parseLong(status.getOrDefault("received", "-1")),
        Long.parseLong(status.getOrDefault("sent", "-1")));
  }

  @Override
  public PingSummary ping(InetAddress target, int count, Duration interval, Duration timeout) {
    Duration bound = interval.multipliedBy(count).plus(timeout).plus(Lab.COMMAND_BOUND);
    Map<String, String> answer =
        ask(
            bound,
            "ping",
            List.of(
                "target=" + target.getHostAddress(),
                "count=" + count,
                "interval=" + interval.toNanos(),
                "timeout=" + timeout.toNanos()));
    return new PingSummary(
        Integer.parseInt(answer.getOrDefault("sent", "0")),
        Integer.parseInt(answer.getOrDefault("received", "-1")),
        answer.toString());
  }

  @Override
  public void changePresharedKey(Optional<PresharedKey> key) {
    ask("change-psk", List.of("psk=" + key.map(PresharedKey::exportBase64).orElse("")));
  }

  @Override
  public void changePort() {
    ask("rebind", List.of());
  }

  @Override
  public String report() {
    String status;
    try {
      status = ask("status", List.of()).toString();
    } catch (AssertionError e) {
      status = e.toString();
    }
    return "--- overlay " + name + "\n" + status + "\n" + node.logTail(60);
  }

  @Override
  public void close() {
    ask("close", List.of());
  }
}
