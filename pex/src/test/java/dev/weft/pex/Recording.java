// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.PexConfig;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.Capture.Datagram;
import dev.weft.pex.message.MalformedMessageException;
import dev.weft.pex.message.PexCodec;
import dev.weft.pex.message.PexDatagram;
import dev.weft.pex.message.PexMessage;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A recorded run of three nodes: `gw` (host `gateway`), `ap1`, `ap2`. */
final class Recording {

  static final int PEX_PORT = 3458;

  private static final String ROOT = "/vectors/live/";
  private static final Pattern LAB_EVENT =
      Pattern.compile(
          "(?m)^ *([0-9.]+) +lab +event +(start unetd|kill -STOP|kill -CONT|stop) ?(\\w*)");
  private static final Pattern FIRST_INITIATION =
      Pattern.compile("(?m)^ *([0-9.]+) .*WG handshake initiation");

  /** A message of the recording or of the replay. */
  record Message(long atNanos, String peer, PexMessage message) {}

  /** A time in which a node's WireGuard process stood still. */
  record Freeze(long fromNanos, long toNanos) {
    boolean contains(long nanos) {
      return nanos >= fromNanos && nanos < toNanos;
    }
  }

  private final String run;
  private final NetworkRevision revision;
  private final JsonNode keys;
  private final long startNanos;
  private final Map<String, Long> starts = new HashMap<>();
  private final Map<String, Freeze> freezes = new HashMap<>();
  private long stopNanos;

  private Recording(String run, String addresses) {
    this.run = run;
    keys = json(ROOT + "keys.json");
    revision = revision(json(ROOT + run + "/net.json"), keys.at("/addresses/" + addresses));
    String timeline =
        new String(Capture.octets(ROOT + run + "/timeline.txt"), StandardCharsets.UTF_8);
    Matcher initiation = FIRST_INITIATION.matcher(timeline);
    if (!initiation.find()) {
      throw new IllegalArgumentException(run + ": the timeline has no handshake");
    }
    startNanos = underlay("gw").getFirst().atNanos() - nanos(initiation.group(1));
    Map<String, Long> stopped = new HashMap<>();
    Matcher events = LAB_EVENT.matcher(timeline);
    while (events.find()) {
      long at = startNanos + nanos(events.group(1));
      String node = events.group(3);
      switch (events.group(2)) {
        case "start unetd" -> starts.put(node, at);
        case "kill -STOP" -> stopped.put(node, at);
        case "kill -CONT" -> {
          Long from = stopped.get(node);
          freezes.put(node, new Freeze(from == null ? at : from, at));
        }
        default -> stopNanos = at;
      }
    }
  }

  /**
   * Reads a run.
   *
   * @param addresses which overlay addresses of keys.json it uses
   */
  static Recording read(String run, String addresses) {
    return new Recording(run, addresses);
  }

  private static long nanos(String seconds) {
    return Math.round(Double.parseDouble(seconds) * 1e9);
  }

  static JsonNode json(String resource) {
    try {
      return new ObjectMapper().readTree(Capture.octets(resource));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static NetworkRevision revision(JsonNode data, JsonNode overlayAddresses) {
    JsonNode config = data.get("config");
    List<Host> hosts = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : data.get("hosts").properties()) {
      String name = entry.getKey();
      JsonNode host = entry.getValue();
      Host.Builder builder =
          Host.builder(
                  name,
                  PublicKey.parse(host.get("key").asText()),
                  (Inet6Address) InetAddress.ofLiteral(overlayAddresses.get(name).asText()))
              .port(config.get("port").asInt())
              .pexPort(config.get("peer-exchange-port").asInt());
      for (JsonNode address : host.path("ipaddr")) {
        builder.address(InetAddress.ofLiteral(address.asText()));
      }
      if (host.has("endpoint")) {
        builder.endpoint(
            EndpointName.parse(host.get("endpoint").asText(), config.get("port").asInt()));
      }
      hosts.add(builder.build());
    }
    return new NetworkRevision(
        0,
        hosts,
        List.of(),
        config.get("port").asInt(),
        Duration.ofSeconds(config.get("keepalive").asInt()));
  }

  static String hostName(String node) {
    return node.equals("gw") ? "gateway" : node;
  }

  Host host(String node) {
    return revision.host(hostName(node)).orElseThrow();
  }

  OverlayConfig config(String node) {
    return OverlayConfig.builder(
            node, PrivateKey.parse(keys.at("/hosts/" + hostName(node) + "/private_b64").asText()))
        .network(revision)
        .pex(PexConfig.defaults())
        .build();
  }

  InetAddress underlayAddress(String node) {
    return InetAddress.ofLiteral(keys.at("/addresses/underlay_flat/" + hostName(node)).asText());
  }

  /** The other nodes' keys by underlay address. */
  Map<InetAddress, PublicKey> peersOf(String node) {
    Map<InetAddress, PublicKey> peers = new HashMap<>();
    for (String other : List.of("gw", "ap1", "ap2")) {
      if (!other.equals(node)) {
        peers.put(underlayAddress(other), host(other).key());
      }
    }
    return peers;
  }

  List<Datagram> underlay(String node) {
    int port = revision.port();
    return Capture.read(ROOT + run + "/" + node + "-underlay.pcap").stream()
        .filter(d -> d.source().port() == port && d.destination().port() == port)
        .toList();
  }

  /** What the node received on its PEX port. */
  List<Datagram> received(String node) {
    Endpoint own = new Endpoint(host(node).overlayAddress(), PEX_PORT);
    return tunnel(node).stream().filter(d -> d.destination().equals(own)).toList();
  }

  /** What the node sent. */
  List<Message> sent(String node) {
    Endpoint own = new Endpoint(host(node).overlayAddress(), PEX_PORT);
    return tunnel(node).stream()
        .filter(d -> d.source().equals(own))
        .map(d -> message(d.atNanos(), d.destination(), d.payload()))
        .toList();
  }

  /** A datagram of octets as a message to one of the hosts. */
  Message message(long atNanos, Endpoint destination, ByteBuffer payload) {
    String peer =
        revision.hosts().stream()
            .filter(h -> destination.equals(new Endpoint(h.overlayAddress(), h.pexPort())))
            .findFirst()
            .orElseThrow()
            .name();
    try {
      PexDatagram datagram = PexCodec.decode(payload);
      return new Message(atNanos, peer, datagram.message());
    } catch (MalformedMessageException e) {
      throw new IllegalArgumentException("a recorded message is malformed", e);
    }
  }

  private List<Datagram> tunnel(String node) {
    return Capture.read(ROOT + run + "/" + node + "-tunnel.pcap").stream()
        .filter(d -> d.destination().port() == PEX_PORT)
        .toList();
  }

  @Override
  public String toString() {
    return run;
  }

  long startNanos() {
    return startNanos;
  }

  long startNanos(String node) {
    Long start = starts.get(node);
    if (start == null) {
      throw new IllegalArgumentException(node + " was not started");
    }
    return start;
  }

  Optional<Freeze> freeze(String node) {
    return Optional.ofNullable(freezes.get(node));
  }

  long stopNanos() {
    return stopNanos;
  }

  String nameOf(dev.weft.peer.PeerId id) {
    return revision.hosts().stream()
        .filter(host -> host.key().peerId().equals(id))
        .findFirst()
        .map(Host::name)
        .orElseGet(id::toString);
  }
}
