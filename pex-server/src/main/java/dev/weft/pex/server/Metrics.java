// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import dev.weft.overlay.OverlayStatus;
import dev.weft.peer.PeerStatus;
import dev.weft.pex.PexControl;
import dev.weft.pex.PexStatus;
import dev.weft.pex.server.NetworkReport.State;
import dev.weft.pex.server.http.HttpServer;
import dev.weft.pex.stun.StunServer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * The metrics of a service, as Prometheus reads them. Names and labels are stable. Peers are never
 * labels, and of more than {@link #MAX_NETWORKS} networks those behind are summed up under one, so
 * the number of series is bounded whatever is in the networks' data.
 */
final class Metrics {

  /** Networks that have labels of their own. */
  static final int MAX_NETWORKS = 256;

  /** The label of all others. No network has this name, because of the space. */
  static final String OTHERS = "all others";

  /** A network's numbers, or those of several. */
  private record Row(
      String network,
      long running,
      Optional<Long> version,
      long peers,
      long connected,
      long known,
      long hosts,
      long transfers,
      NetworkTotals.Counts counts) {

    static Row of(ServedNetwork network) {
      NetworkReport report = network.report();
      report.status().ifPresent(network.totals()::observe);
      List<PeerStatus> peers = report.status().map(OverlayStatus::peers).orElse(List.of());
      Optional<PexStatus> pex =
          network
              .overlay()
              .flatMap(overlay -> overlay.service(PexControl.class))
              .map(PexControl::status);
      return new Row(
          network.name(),
          report.state() == State.RUNNING ? 1 : 0,
          Optional.of(report.status().map(OverlayStatus::revision).orElse(0L)),
          peers.size(),
          peers.stream().filter(PeerStatus::connected).count(),
          pex.map(PexStatus::knownPeers).orElse(0),
          pex.map(PexStatus::pexHosts).orElse(0),
          pex.map(PexStatus::transfers).orElse(0),
          network.totals().counts());
    }

    static Row sum(Row one, Row other) {
      return new Row(
          OTHERS,
          one.running + other.running,
          Optional.empty(),
          one.peers + other.peers,
          one.connected + other.connected,
          one.known + other.known,
          one.hosts + other.hosts,
          one.transfers + other.transfers,
          one.counts.plus(other.counts));
    }
  }

  private final PrometheusText text = new PrometheusText();

  private Metrics() {}

  /** All metrics of a service. */
  static byte[] of(PexServer server) {
    Metrics metrics = new Metrics();
    List<Row> rows = server.networks().all().stream().map(Row::of).toList();
    metrics.service(server, rows);
    metrics.networks(bounded(rows, server.networks().removed()));
    server.stunPort().ifPresent(stun -> metrics.stun(stun.counts()));
    server.http().ifPresent(metrics::management);
    return metrics.text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static List<Row> bounded(List<Row> rows, NetworkTotals.Counts removed) {
    Row gone = new Row(OTHERS, 0, Optional.empty(), 0, 0, 0, 0, 0, removed);
    Row others = rows.stream().skip(MAX_NETWORKS).reduce(gone, Row::sum);
    return Stream.concat(rows.stream().limit(MAX_NETWORKS), Stream.of(others)).toList();
  }

  private void service(PexServer server, List<Row> rows) {
    text.family("weft_ready", "gauge", "Whether the networks were tried and one serves.");
    text.sample(server.isReady() ? 1 : 0);
    text.family("weft_networks", "gauge", "Networks, by state.");
    for (State state : State.values()) {
      long count =
          server.networks().all().stream().filter(network -> network.state() == state).count();
      text.sample("state", StatusJson.label(state), count);
    }
    text.family("weft_networks_without_label", "gauge", "Networks summed up as \"all others\".");
    text.sample(Math.max(0, rows.size() - MAX_NETWORKS));
    text.family("weft_definitions", "gauge", "Files of the directory of definitions.");
    text.sample(server.networks().files().size());
    text.family("weft_definitions_broken", "gauge", "Files of it that have problems.");
    text.sample(
        server.networks().files().stream().filter(file -> !file.problems().isEmpty()).count());
    text.family("weft_heap_used_bytes", "gauge", "Heap in use.");
    Runtime jvm = Runtime.getRuntime();
    text.sample(jvm.totalMemory() - jvm.freeMemory());
  }

  private void networks(List<Row> rows) {
    gauge("weft_network_running", "Whether the network serves.", rows, Row::running);
    text.family("weft_network_data_version", "gauge", "Version of the data in force, 0 is none.");
    for (Row row : rows) {
      row.version()
          .ifPresent(
              version -> text.sample("network", row.network(), Long.toUnsignedString(version)));
    }
    gauge("weft_peers", "WireGuard peers.", rows, Row::peers);
    gauge("weft_peers_connected", "Peers that traffic passes to.", rows, Row::connected);
    gauge("weft_pex_known_peers", "Hosts that may speak PEX to this one.", rows, Row::known);
    gauge("weft_pex_hosts", "External addresses that are asked for data.", rows, Row::hosts);
    gauge("weft_pex_transfers", "Transfers of data that are running.", rows, Row::transfers);
    counter("weft_received_bytes_total", "UDP payload from peers.", rows, c -> c.receivedOctets());
    counter("weft_sent_bytes_total", "UDP payload to peers.", rows, c -> c.sentOctets());
    counter("weft_received_packets_total", "Packets from peers.", rows, c -> c.receivedPackets());
    counter("weft_sent_packets_total", "Packets to peers.", rows, c -> c.sentPackets());
    counter("weft_handshakes_total", "Completed handshakes.", rows, c -> c.handshakes());
    named("weft_drops_total", "Dropped, by reason.", "reason", rows, c -> c.drops());
    named(
        "weft_service_events_total",
        "What services count: messages, drops, transfers, limits hit.",
        "event",
        rows,
        c -> c.events());
  }

  private void gauge(String name, String help, List<Row> rows, ToLongFunction<Row> value) {
    text.family(name, "gauge", help);
    rows.forEach(row -> text.sample("network", row.network(), value.applyAsLong(row)));
  }

  private void counter(
      String name, String help, List<Row> rows, ToLongFunction<NetworkTotals.Counts> value) {
    text.family(name, "counter", help);
    rows.forEach(row -> text.sample("network", row.network(), value.applyAsLong(row.counts())));
  }

  private void named(
      String name,
      String help,
      String label,
      List<Row> rows,
      Function<NetworkTotals.Counts, Map<String, Long>> counts) {
    text.family(name, "counter", help);
    for (Row row : rows) {
      counts
          .apply(row.counts())
          .forEach((key, count) -> text.sample("network", row.network(), label, key, count));
    }
  }

  private void stun(StunServer.Counts counts) {
    text.family("weft_stun_requests_total", "counter", "STUN datagrams, by what became of them.");
    text.sample("result", "answered", counts.answered() - counts.refused());
    text.sample("result", "refused", counts.refused());
    text.sample("result", "malformed", counts.malformed());
    text.sample("result", "limited", counts.limited());
  }

  private void management(HttpServer http) {
    text.family("weft_management_answers_total", "counter", "Management answers, by status.");
    http.counts()
        .answers()
        .forEach((status, count) -> text.sample("status", String.valueOf(status), count));
    text.family(
        "weft_management_connections_refused_total", "counter", "Connections one too many.");
    text.sample(http.counts().refusedConnections());
  }
}
