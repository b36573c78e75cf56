// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.WeftRuntime;
import dev.weft.pex.server.DefinitionDirectory.Entry;
import dev.weft.pex.server.NetworkReport.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The networks of a service, by name. Changed on the control thread only; what is published may be
 * read from any.
 */
final class Networks {

  private static final Logger LOG = LoggerFactory.getLogger(Networks.class);

  private static final Duration CLOSING = Duration.ofSeconds(5);

  private final WeftRuntime runtime;
  private final ControlThread control;
  private final int maxNetworks;
  private final Runnable onSettled;
  private final Map<String, ServedNetwork> networks = new TreeMap<>();
  private volatile List<ServedNetwork> published = List.of();
  private volatile List<FileReport> files = List.of();
  private volatile NetworkTotals.Counts removed = NetworkTotals.Counts.NONE;

  Networks(WeftRuntime runtime, ControlThread control, int maxNetworks, Runnable onSettled) {
    this.runtime = runtime;
    this.control = control;
    this.maxNetworks = maxNetworks;
    this.onSettled = onSettled;
  }

  /** All networks, by name. Any thread. */
  List<ServedNetwork> all() {
    return published;
  }

  /** The network with a name. Any thread. */
  Optional<ServedNetwork> find(String name) {
    return published.stream().filter(network -> network.name().equals(name)).findFirst();
  }

  /** The files of the directory as of the last look. Any thread. */
  List<FileReport> files() {
    return files;
  }

  /** What networks that are no more had counted, so that sums only grow. Any thread. */
  NetworkTotals.Counts removed() {
    return removed;
  }

  /** Adds or replaces a network of the embedder's. Absent if it was done, else why it was not. */
  Optional<Problem> put(OverlayConfig config) {
    ServedNetwork known = networks.get(config.name());
    if (known != null) {
      if (known.file().isPresent()) {
        return Optional.of(
            Problem.of("the network " + config.name() + " is defined by " + known.file().get()));
      }
      known.replace(config, Optional.empty(), 0);
      return Optional.empty();
    }
    if (networks.size() >= maxNetworks) {
      return Optional.of(tooMany());
    }
    add(new ServedNetwork(config, Optional.empty(), 0, runtime, control, onSettled));
    return Optional.empty();
  }

  private Problem tooMany() {
    return Problem.of("there are " + maxNetworks + " networks already, the most there may be");
  }

  private void add(ServedNetwork network) {
    networks.put(network.name(), network);
    published = List.copyOf(networks.values());
    network.open();
  }

  /** Removes a network of the embedder's. */
  boolean remove(String name) {
    ServedNetwork known = networks.get(name);
    if (known == null || known.file().isPresent()) {
      return false;
    }
    drop(known);
    return true;
  }

  private void drop(ServedNetwork network) {
    LOG.info("{}: is removed", network.name());
    network.closeOverlay();
    networks.remove(network.name());
    published = List.copyOf(networks.values());
    removed = removed.plus(network.totals().counts());
  }

  /** Makes the networks what the directory says. */
  void apply(List<Entry> entries) {
    Map<String, Entry> owners = owners(entries);
    for (ServedNetwork network : List.copyOf(networks.values())) {
      if (network.file().isPresent() && !owners.containsKey(network.name())) {
        drop(network);
      }
    }
    Map<String, Problem> conflicts = new HashMap<>();
    for (Entry entry : entries) {
      entry
          .good()
          .flatMap(definition -> serve(definition, entry, owners))
          .ifPresent(conflict -> conflicts.put(entry.file(), conflict));
    }
    files = entries.stream().map(entry -> report(entry, conflicts)).toList();
  }

  /** Who defines a network: whoever did before, else the first file by name. */
  private Map<String, Entry> owners(List<Entry> entries) {
    Map<String, Entry> owners = new HashMap<>();
    for (Entry entry : entries) {
      entry
          .good()
          .map(Definition::name)
          .filter(name -> isOwner(entry, name) || !owners.containsKey(name))
          .ifPresent(name -> owners.put(name, entry));
    }
    return owners;
  }

  private boolean isOwner(Entry entry, String name) {
    ServedNetwork known = networks.get(name);
    return known != null && known.file().equals(Optional.of(entry.file()));
  }

  private Optional<Problem> serve(Definition definition, Entry entry, Map<String, Entry> owners) {
    String name = definition.name();
    Entry owner = owners.get(name);
    if (owner != null && !owner.equals(entry)) {
      return Optional.of(
          new Problem("/name", "the network " + name + " is defined by " + owner.file()));
    }
    ServedNetwork known = networks.get(name);
    if (known == null && networks.size() >= maxNetworks) {
      return Optional.of(tooMany());
    }
    if (known == null) {
      add(
          new ServedNetwork(
              definition.config(),
              Optional.of(entry.file()),
              entry.othersVersion(),
              runtime,
              control,
              onSettled));
    } else if (known.file().isEmpty()) {
      return Optional.of(
          new Problem("/name", "the network " + name + " was added by the embedding program"));
    } else {
      known.replace(definition.config(), Optional.of(entry.file()), entry.othersVersion());
    }
    return Optional.empty();
  }

  private static FileReport report(Entry entry, Map<String, Problem> conflicts) {
    List<Problem> problems = new ArrayList<>(entry.problems());
    Optional.ofNullable(conflicts.get(entry.file())).ifPresent(problems::add);
    return new FileReport(
        entry.file(),
        entry.good().map(Definition::name),
        problems,
        entry.good().map(Definition::warnings).orElse(List.of()));
  }

  /** Looks after the counts, and tries again what failed. */
  void onTick() {
    networks.values().forEach(ServedNetwork::onTick);
  }

  /** Whether everything was tried and something serves, unless there is nothing to serve. */
  boolean isReady() {
    List<ServedNetwork> all = published;
    return all.isEmpty()
        || (all.stream().noneMatch(network -> network.state() == State.STARTING)
            && all.stream().anyMatch(network -> network.state() == State.RUNNING));
  }

  /** Closes all overlays at the same time, and waits for them within a bound. */
  void close() {
    List<CompletableFuture<Void>> closed = new ArrayList<>();
    for (ServedNetwork network : networks.values()) {
      network
          .overlay()
          .ifPresent(
              overlay -> {
                // On a runtime's thread closing only starts.
                runtime.newQueue().execute(overlay::close);
                closed.add(overlay.closed().toCompletableFuture());
              });
    }
    awaitAll(closed);
    networks.values().forEach(ServedNetwork::forget);
    networks.clear();
    published = List.of();
  }

  private static void awaitAll(List<CompletableFuture<Void>> closed) {
    CompletableFuture<Void> all =
        CompletableFuture.allOf(closed.toArray(new CompletableFuture<?>[0]))
            .completeOnTimeout(null, CLOSING.toMillis(), TimeUnit.MILLISECONDS);
    all.join();
    long open = closed.stream().filter(future -> !future.isDone()).count();
    if (open > 0) {
      LOG.error("{} networks did not close in {}", open, CLOSING);
    }
  }

  /** The overlay of a network that runs. Any thread. */
  Optional<Overlay> overlay(String name) {
    return find(name).flatMap(ServedNetwork::overlay);
  }
}
