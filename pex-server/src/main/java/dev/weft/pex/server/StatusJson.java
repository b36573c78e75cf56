// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayStatus;
import dev.weft.peer.PeerStatus;
import dev.weft.pex.PexControl;
import dev.weft.pex.PexStatus;
import dev.weft.pex.netdata.SignedNetworkData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * The JSON forms of the management API. Their schemas are in {@code schema}; a change here is one
 * there. No form has a secret.
 */
final class StatusJson {

  /** More peers are not listed: a network's data of 128 KiB have about as many hosts. */
  static final int MAX_PEERS = 1_000;

  private static final int MAX_TEXTS = 50;
  private static final JsonFactory JSON = new JsonFactory();

  /** What writes a document. */
  @FunctionalInterface
  private interface Writing {
    void write(JsonGenerator json) throws IOException;
  }

  private StatusJson() {}

  private static byte[] document(Writing members) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      members.write(json);
      json.writeEndObject();
      json.writeRaw('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** {@code health.json}. */
  static byte[] health(String status) {
    return document(json -> json.writeStringField("status", status));
  }

  /** {@code error.json}, of data that were not installed. */
  static byte[] refused(String outcome, String message, List<String> problems) {
    return document(
        json -> {
          text(json, "error", message);
          json.writeStringField("outcome", outcome);
          texts(json, "problems", problems);
        });
  }

  /** {@code installed.json}. */
  static byte[] installed(long version) {
    return document(
        json -> {
          json.writeStringField("outcome", "installed");
          version(json, "version", version);
        });
  }

  /** {@code networks.json}. */
  static byte[] networks(ServerReport report) {
    return document(
        json -> {
          json.writeBooleanField("ready", report.ready());
          json.writeArrayFieldStart("networks");
          for (NetworkReport network : report.networks()) {
            json.writeStartObject();
            summary(json, network);
            Optional<OverlayStatus> status = network.status();
            version(json, "version", status.map(OverlayStatus::revision).orElse(0L));
            List<PeerStatus> peers = status.map(OverlayStatus::peers).orElse(List.of());
            json.writeNumberField("peers", peers.size());
            json.writeNumberField(
                "connected-peers", peers.stream().filter(PeerStatus::connected).count());
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeArrayFieldStart("files");
          for (FileReport file : report.files()) {
            json.writeStartObject();
            text(json, "file", file.file());
            text(json, "network", file.network());
            problems(json, file.problems());
            texts(json, "warnings", file.warnings());
            json.writeEndObject();
          }
          json.writeEndArray();
          problems(json, report.problems());
        });
  }

  private static void summary(JsonGenerator json, NetworkReport network) throws IOException {
    text(json, "name", network.name());
    text(json, "file", network.file());
    json.writeStringField("state", label(network.state()));
    problems(json, network.problems());
  }

  /** {@code network.json}. */
  static byte[] network(ServedNetwork network) {
    NetworkReport report = network.report();
    Optional<PexControl> pex =
        network.overlay().flatMap((Overlay overlay) -> overlay.service(PexControl.class));
    report.status().ifPresent(network.totals()::observe);
    NetworkTotals.Counts counts = network.totals().counts();
    return document(
        json -> {
          summary(json, report);
          overlay(json, report.status());
          data(json, pex.flatMap(PexControl::data));
          pex(json, pex.map(PexControl::status));
          traffic(json, counts);
          counts(json, "drops", counts.drops());
          counts(json, "events", counts.events());
          peers(json, report.status().map(OverlayStatus::peers).orElse(List.of()));
        });
  }

  private static void overlay(JsonGenerator json, Optional<OverlayStatus> status)
      throws IOException {
    text(json, "local-key", status.map(s -> s.localKey().toString()));
    text(json, "local-name", status.flatMap(OverlayStatus::localName));
    texts(
        json,
        "addresses",
        status.stream().flatMap(s -> s.addresses().stream()).map(Object::toString).toList());
    text(json, "data-plane", status.flatMap(OverlayStatus::dataPlane));
    text(json, "listen", status.flatMap(OverlayStatus::listen).map(Object::toString));
    version(json, "version", status.map(OverlayStatus::revision).orElse(0L));
  }

  private static void data(JsonGenerator json, Optional<SignedNetworkData> data)
      throws IOException {
    if (data.isEmpty()) {
      json.writeNullField("data");
      return;
    }
    json.writeObjectFieldStart("data");
    version(json, "version", data.get().version());
    json.writeNumberField("octets", data.get().length());
    json.writeStringField("auth-key", data.get().authKey().toString());
    json.writeEndObject();
  }

  private static void pex(JsonGenerator json, Optional<PexStatus> pex) throws IOException {
    if (pex.isEmpty()) {
      json.writeNullField("pex");
      return;
    }
    PexStatus status = pex.get();
    json.writeObjectFieldStart("pex");
    version(json, "version", status.version());
    version(json, "accepted-version", status.acceptedVersion());
    json.writeNumberField("known-peers", status.knownPeers());
    json.writeNumberField("connected-peers", status.connectedPeers());
    text(json, "external-port", status.externalPort().map(Object::toString));
    texts(
        json,
        "external-endpoints",
        status.externalEndpoints().stream().map(Object::toString).toList());
    json.writeNumberField("pex-hosts", status.pexHosts());
    json.writeNumberField("transfers", status.transfers());
    texts(json, "refusals", status.refusals());
    json.writeEndObject();
  }

  private static void traffic(JsonGenerator json, NetworkTotals.Counts counts) throws IOException {
    json.writeObjectFieldStart("traffic");
    json.writeNumberField("received-octets", counts.receivedOctets());
    json.writeNumberField("sent-octets", counts.sentOctets());
    json.writeNumberField("received-packets", counts.receivedPackets());
    json.writeNumberField("sent-packets", counts.sentPackets());
    json.writeNumberField("handshakes", counts.handshakes());
    json.writeEndObject();
  }

  private static void peers(JsonGenerator json, List<PeerStatus> peers) throws IOException {
    json.writeArrayFieldStart("peers");
    for (PeerStatus peer : peers.subList(0, Math.min(peers.size(), MAX_PEERS))) {
      json.writeStartObject();
      json.writeStringField("key", peer.publicKey().toString());
      text(json, "name", peer.name());
      text(json, "endpoint", peer.endpoint().map(Object::toString));
      json.writeStringField("endpoint-origin", label(peer.endpointOrigin()));
      text(json, "via", peer.via());
      json.writeBooleanField("connected", peer.connected());
      text(
          json,
          "last-handshake",
          peer.lastHandshake().map(when -> when.truncatedTo(ChronoUnit.MILLIS).toString()));
      if (peer.roundTripTime().isPresent()) {
        json.writeNumberField(
            "round-trip-micros",
            TimeUnit.NANOSECONDS.toMicros(peer.roundTripTime().get().toNanos()));
      } else {
        json.writeNullField("round-trip-micros");
      }
      json.writeNumberField("received-octets", peer.receivedOctets());
      json.writeNumberField("sent-octets", peer.sentOctets());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberField("peers-left-out", Math.max(0, peers.size() - MAX_PEERS));
  }

  private static void counts(JsonGenerator json, String name, Map<String, Long> counts)
      throws IOException {
    json.writeObjectFieldStart(name);
    for (Map.Entry<String, Long> count : new TreeMap<>(counts).entrySet()) {
      json.writeNumberField(printable(count.getKey()), count.getValue());
    }
    json.writeEndObject();
  }

  private static void problems(JsonGenerator json, List<Problem> problems) throws IOException {
    json.writeArrayFieldStart("problems");
    for (Problem problem : problems) {
      json.writeStartObject();
      text(json, "location", problem.location());
      text(json, "message", problem.message());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void version(JsonGenerator json, String name, long version) throws IOException {
    json.writeFieldName(name);
    json.writeNumber(Long.toUnsignedString(version));
  }

  private static void text(JsonGenerator json, String name, Optional<String> text)
      throws IOException {
    if (text.isPresent()) {
      text(json, name, text.get());
    } else {
      json.writeNullField(name);
    }
  }

  private static void text(JsonGenerator json, String name, String text) throws IOException {
    json.writeStringField(name, printable(text));
  }

  private static void texts(JsonGenerator json, String name, List<String> texts)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (String text : texts.subList(0, Math.min(texts.size(), MAX_TEXTS))) {
      json.writeString(printable(text));
    }
    json.writeEndArray();
  }

  /** Names come from documents, and may have halves of character pairs, which UTF-8 has not. */
  static String printable(String text) {
    return text.codePoints()
        .map(c -> Character.getType(c) == Character.SURROGATE ? 0xfffd : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /** Lower-case with dashes. */
  static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
