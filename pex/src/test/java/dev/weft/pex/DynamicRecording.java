// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.overlay.DynamicNetwork;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.PexConfig;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PeerId;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.Capture.Datagram;
import dev.weft.pex.message.EndpointPortNotify;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.MalformedMessageException;
import dev.weft.pex.message.PexCodec;
import dev.weft.pex.message.PexDatagram;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import dev.weft.pex.message.UpdateResponseNoData;
import dev.weft.pex.message.UpdateResponseRefused;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A recorded run of three nodes of a dynamic network: `gw` (host `gateway`), `ap1`, `ap2`. All
 * times are nanoseconds of a monotonic clock.
 */
final class DynamicRecording {

  static final List<String> NODES = List.of("gw", "ap1", "ap2");

  static final int PEX_PORT = 3458;
  static final int WIREGUARD_PORT = 3456;
  static final int GLOBAL_PORT = 51819;
  static final int STUN_PORT = 3478;

  private static final String ROOT = "/vectors/live/";
  private static final int ENDPOINT_PORT_NOTIFY = 10;
  private static final int SENDER = 4;
  private static final int PAYLOAD = 12;
  private static final Pattern LAB_EVENT =
      Pattern.compile("(?m)^ *([0-9.]+) +lab +event +(start unetd|stop) ?(\\w*)");
  private static final Pattern FIRST_ON_UNDERLAY =
      Pattern.compile("(?m)^ *([0-9.]+) +(\\w+) +underlay");

  /** Far from zero, which nothing may take for "never". */
  private static final long ORIGIN_NANOS = TimeUnit.HOURS.toNanos(1);

  /** The way of a message. */
  enum Way {
    TUNNEL("in the tunnel"),
    PEX_PORT("from the PEX port"),
    WIREGUARD_PORT("from the WireGuard port");

    private final String text;

    Way(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * A PEX message that a node sent or received.
   *
   * @param other the destination or source
   * @param nonce of an external message; 0 in the tunnel
   * @param octets the datagram as it was recorded
   */
  record Packet(
      long atNanos,
      Way way,
      Endpoint other,
      PeerId sender,
      long nonce,
      PexMessage message,
      ByteBuffer octets) {}

  private final String run;
  private final JsonNode keys = Recording.json(ROOT + "keys.json");
  private final JsonNode underlay;
  private final JsonNode overlay = keys.at("/addresses/overlay_id_network");
  private final Map<Endpoint, String> mappings;
  private final long shiftNanos;
  private final Map<String, Long> starts = new HashMap<>();
  private final AuthKey authKey = AuthKey.parse(keys.at("/auth/public_ed25519_b64").asText());
  private long stopNanos;

  /**
   * Reads a run.
   *
   * @param underlay which underlay addresses of keys.json it uses
   * @param mappings the nodes behind the endpoints that a NAT made
   * @param clockPhaseNanos what the recorded daemons' clock had passed of a second at the start;
   *     their lists of hosts count in whole seconds
   */
  DynamicRecording(
      String run, String underlay, Map<Endpoint, String> mappings, long clockPhaseNanos) {
    this.run = run;
    this.underlay = keys.at("/addresses/" + underlay);
    this.mappings = mappings;
    String timeline =
        new String(Capture.octets(ROOT + run + "/timeline.txt"), StandardCharsets.UTF_8);
    Matcher first = FIRST_ON_UNDERLAY.matcher(timeline);
    if (!first.find()) {
      throw new IllegalArgumentException(run + ": nothing was sent");
    }
    long captured = Capture.read(path(first.group(2), "underlay")).getFirst().atNanos();
    long start = ORIGIN_NANOS + clockPhaseNanos;
    shiftNanos = start + nanos(first.group(1)) - captured;
    Matcher events = LAB_EVENT.matcher(timeline);
    while (events.find()) {
      long at = start + nanos(events.group(1));
      if (events.group(2).equals("stop")) {
        stopNanos = at;
      } else {
        starts.put(events.group(3), at);
      }
    }
  }

  private static long nanos(String seconds) {
    return Math.round(Double.parseDouble(seconds) * 1e9);
  }

  private String path(String node, String kind) {
    return ROOT + run + "/" + node + "-" + kind + ".pcap";
  }

  private List<Datagram> read(String node, String kind) {
    return Capture.read(path(node, kind)).stream()
        .map(
            datagram ->
                new Datagram(
                    datagram.atNanos() + shiftNanos,
                    datagram.source(),
                    datagram.destination(),
                    datagram.payload()))
        .toList();
  }

  /** The request that a message answers, if it is an answer. */
  static OptionalLong answerTo(PexMessage message) {
    return switch (message) {
      case UpdateResponse response -> OptionalLong.of(response.requestId());
      case UpdateResponseData data -> OptionalLong.of(data.requestId());
      case UpdateResponseNoData none -> OptionalLong.of(none.requestId());
      case UpdateResponseRefused refused -> OptionalLong.of(refused.requestId());
      default -> OptionalLong.empty();
    };
  }

  // Who is who.

  private PrivateKey privateKey(String node) {
    return PrivateKey.parse(
        keys.at("/hosts/" + Recording.hostName(node) + "/private_b64").asText());
  }

  PublicKey key(String node) {
    return PublicKey.parse(keys.at("/hosts/" + Recording.hostName(node) + "/public_b64").asText());
  }

  AuthKey authKey() {
    return authKey;
  }

  /** The key of one of the nodes, by its id. */
  Optional<PrivateKey> privateKey(PeerId id) {
    return NODES.stream()
        .filter(node -> key(node).peerId().equals(id))
        .map(this::privateKey)
        .findFirst();
  }

  String nameOf(PeerId id) {
    return NODES.stream()
        .filter(node -> key(node).peerId().equals(id))
        .findFirst()
        .orElseGet(id::toString);
  }

  InetAddress underlayAddress(String node) {
    return InetAddress.ofLiteral(underlay.get(Recording.hostName(node)).asText());
  }

  Endpoint tunnelEndpoint(String node) {
    return new Endpoint(
        InetAddress.ofLiteral(overlay.get(Recording.hostName(node)).asText()), PEX_PORT);
  }

  /** The name of a destination or source: a node in the tunnel, an endpoint outside. */
  String nameOf(Endpoint other) {
    return NODES.stream()
        .filter(node -> tunnelEndpoint(node).equals(other))
        .findFirst()
        .orElseGet(other::toString);
  }

  /** The peer whose WireGuard is at an endpoint. */
  Optional<PublicKey> peerAt(Endpoint endpoint) {
    return Optional.ofNullable(mappings.get(endpoint))
        .or(
            () ->
                NODES.stream()
                    .filter(node -> underlayAddress(node).equals(endpoint.address()))
                    .findFirst())
        .map(this::key);
  }

  OverlayConfig config(String node, List<EndpointName> connect) {
    return OverlayConfig.builder(node, privateKey(node))
        .pex(PexConfig.of(DynamicNetwork.of(authKey).withConnect(connect)))
        .build();
  }

  byte[] data(String file) {
    return Capture.octets(ROOT + run + "/" + file);
  }

  // What happened when.

  long startNanos() {
    return startNanos("gw");
  }

  long startNanos(String node) {
    Long start = starts.get(node);
    if (start == null) {
      throw new IllegalArgumentException(node + " was not started");
    }
    return start;
  }

  long stopNanos() {
    return stopNanos;
  }

  /** What passed between the nodes' WireGuards. */
  List<Datagram> wireGuard(String node) {
    return read(node, "underlay").stream()
        .filter(d -> !isPort(d, GLOBAL_PORT) && !isPort(d, STUN_PORT) && isWireGuard(d))
        .toList();
  }

  /** STUN requests and answers. */
  List<Datagram> stun(String node) {
    return read(node, "underlay").stream().filter(d -> isPort(d, STUN_PORT)).toList();
  }

  List<Packet> received(String node) {
    return packets(node, false);
  }

  List<Packet> sent(String node) {
    return packets(node, true);
  }

  private List<Packet> packets(String node, boolean outgoing) {
    List<Packet> packets = new ArrayList<>();
    for (Datagram d : read(node, "underlay")) {
      boolean own =
          underlayAddress(node).equals((outgoing ? d.source() : d.destination()).address());
      if (own && !isPort(d, STUN_PORT) && !isWireGuard(d)) {
        packets.add(external(d, outgoing));
      }
    }
    Endpoint own = tunnelEndpoint(node);
    for (Datagram d : read(node, "tunnel")) {
      if (d.destination().port() == PEX_PORT
          && own.equals(outgoing ? d.source() : d.destination())) {
        packets.add(inTunnel(d, outgoing));
      }
    }
    packets.sort((a, b) -> Long.compare(a.atNanos(), b.atNanos()));
    return packets;
  }

  private static boolean isPort(Datagram datagram, int port) {
    return datagram.source().port() == port || datagram.destination().port() == port;
  }

  /** WireGuard's messages begin with their type; PEX with its version, 0. WG §5.4, PEX §5. */
  private static boolean isWireGuard(Datagram datagram) {
    return datagram.payload().get(0) != 0;
  }

  private Packet external(Datagram datagram, boolean outgoing) {
    try {
      ExternalDatagram decoded = ExternalCodec.decode(datagram.payload(), authKey);
      return new Packet(
          datagram.atNanos(),
          outgoing && datagram.source().port() == WIREGUARD_PORT
              ? Way.WIREGUARD_PORT
              : Way.PEX_PORT,
          outgoing ? datagram.destination() : datagram.source(),
          decoded.sender(),
          decoded.nonce(),
          decoded.message(),
          datagram.payload());
    } catch (MalformedMessageException e) {
      throw new IllegalArgumentException("a recorded message is malformed", e);
    }
  }

  private static Packet inTunnel(Datagram datagram, boolean outgoing) {
    PexDatagram decoded = inTunnel(datagram.payload());
    return new Packet(
        datagram.atNanos(),
        Way.TUNNEL,
        outgoing ? datagram.destination() : datagram.source(),
        decoded.sender(),
        0,
        decoded.message(),
        datagram.payload());
  }

  /** A datagram of the tunnel, also if it is one that only senders know there. PEX §8.2. */
  static PexDatagram inTunnel(ByteBuffer datagram) {
    if (datagram.get(1) == ENDPOINT_PORT_NOTIFY) {
      return new PexDatagram(
          new PeerId(datagram.getLong(SENDER)),
          new EndpointPortNotify(Short.toUnsignedInt(datagram.getShort(PAYLOAD))));
    }
    try {
      return PexCodec.decode(datagram);
    } catch (MalformedMessageException e) {
      throw new IllegalArgumentException("a message is malformed", e);
    }
  }

  @Override
  public String toString() {
    return run;
  }
}
