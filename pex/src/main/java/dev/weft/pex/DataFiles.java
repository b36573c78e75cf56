// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.config.NetworkData;
import dev.weft.overlay.DynamicNetwork;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.pex.netdata.NetworkDataStore;
import dev.weft.pex.netdata.NetworkDataStoreException;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.spi.Scheduler;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The files of a dynamic network, read and written beside the queue: one virtual thread for as long
 * as each takes, one after the other. Belongs to the queue, on which answers are given.
 */
final class DataFiles {

  private static final int MAX_PEER_OCTETS = 1 << 20;

  /**
   * What the files hold.
   *
   * @param data the newest data, if they are stored
   * @param localPeers peers that only this host knows of
   * @param problems files that cannot be used, a line each
   */
  record Stored(
      Optional<SignedNetworkData> data, List<NetworkData.Host> localPeers, List<String> problems) {}

  private final Optional<NetworkDataStore> store;
  private final List<Path> peerData;
  private final String name;
  private final Scheduler queue;
  private final ReentrantLock oneAtATime = new ReentrantLock(true);

  DataFiles(DynamicNetwork network, String name, Scheduler queue) {
    this.name = name;
    this.queue = queue;
    store =
        network.store().map(directory -> new NetworkDataStore(directory, name, network.authKey()));
    peerData = network.peerData();
  }

  /**
   * Reads everything.
   *
   * @param then called on the queue; before this returns if there are no files
   */
  void load(Consumer<Stored> then) {
    if (store.isEmpty() && peerData.isEmpty()) {
      then.accept(new Stored(Optional.empty(), List.of(), List.of()));
      return;
    }
    inTurn(
        () -> {
          Stored stored = read();
          queue.execute(() -> then.accept(stored));
        });
  }

  private Stored read() {
    List<String> problems = new ArrayList<>();
    Optional<SignedNetworkData> data = Optional.empty();
    if (store.isPresent()) {
      try {
        NetworkDataStore.Content content = store.get().load();
        content.damage().ifPresent(problems::add);
        data = content.data();
      } catch (NetworkDataStoreException e) {
        problems.add(String.valueOf(e.getMessage()));
      }
    }
    List<NetworkData.Host> peers = new ArrayList<>();
    for (Path file : peerData) {
      try (InputStream in = Files.newInputStream(file)) {
        String text = new String(in.readNBytes(MAX_PEER_OCTETS + 1), StandardCharsets.UTF_8);
        peers.addAll(NetworkData.parseLocalPeers(text));
      } catch (IOException e) {
        problems.add("cannot read " + file + ": " + e.getClass().getSimpleName());
      } catch (InvalidConfigurationException e) {
        problems.add(file + ": " + e.getMessage());
      }
    }
    return new Stored(data, List.copyOf(peers), problems);
  }

  /**
   * Stores data.
   *
   * @return completed on the queue: the problem, if they cannot be stored
   */
  CompletionStage<Optional<String>> save(SignedNetworkData data) {
    if (store.isEmpty()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    NetworkDataStore open = store.get();
    CompletableFuture<Optional<String>> done = new CompletableFuture<>();
    inTurn(
        () -> {
          Optional<String> problem = save(open, data);
          queue.execute(() -> done.complete(problem));
        });
    return done;
  }

  private static Optional<String> save(NetworkDataStore store, SignedNetworkData data) {
    try {
      store.save(data);
      return Optional.empty();
    } catch (NetworkDataStoreException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private void inTurn(Runnable task) {
    Thread.ofVirtual()
        .name("weft-files-" + name)
        .start(
            () -> {
              oneAtATime.lock();
              try {
                task.run();
              } finally {
                oneAtATime.unlock();
              }
            });
  }
}
