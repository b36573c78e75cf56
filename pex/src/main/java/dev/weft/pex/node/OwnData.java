// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.pex.netdata.SignedNetworkData;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * The network data of a host: those in force, newer ones that were accepted and wait to be put in
 * force, and the versions that turned out to be of no use. Versions are compared unsigned. Belongs
 * to its {@link NetworkDataExchange}. Source: PEX §4, §8.5.
 *
 * <p>The daemon accepts, stores and passes on whatever is rightly signed, and has no data at all if
 * they turn out to be no document (PEX §19 quirk 26). Here data that cannot be parsed or put in
 * force are refused: the last ones stay, and requests claim the refused version so that it is not
 * transferred again at each of them. Only a version that was not refused is asked for with the own
 * one.
 */
final class OwnData {

  private static final long FIRST_RELOAD_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long RELOAD_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** The latest refused versions are remembered. */
  private static final int MAX_REFUSED = 8;

  private final Deque<Long> refused = new ArrayDeque<>();
  private Optional<SignedNetworkData> inForce = Optional.empty();
  private Optional<SignedNetworkData> current = Optional.empty();

  /** The version that was handed out and is being looked at; 0 if there is none. */
  private long offered;

  private OptionalLong reloadNanos = OptionalLong.empty();

  Optional<SignedNetworkData> current() {
    return current;
  }

  /** 0 if there are no data. */
  long version() {
    return current.map(SignedNetworkData::version).orElse(0L);
  }

  /** Whether data are worth looking at: newer than all that is here, and not refused before. */
  boolean offer(SignedNetworkData data) {
    if (!isNewer(data.version()) || !isNewer(data.version(), offered)) {
      return false;
    }
    offered = data.version();
    return true;
  }

  /** Makes data the current ones, if they are newer. */
  boolean accept(SignedNetworkData data, long nowNanos) {
    if (data.version() == offered) {
      offered = 0;
    }
    if (!isNewer(data.version())) {
      return false;
    }
    reloadNanos =
        OptionalLong.of(nowNanos + (current.isEmpty() ? FIRST_RELOAD_NANOS : RELOAD_NANOS));
    current = Optional.of(data);
    return true;
  }

  /** Refuses a version, and returns to the data in force if it is the current one. */
  void refuse(long version) {
    if (version == offered) {
      offered = 0;
    }
    if (!refused.contains(version)) {
      refused.addLast(version);
      if (refused.size() > MAX_REFUSED) {
        refused.removeFirst();
      }
    }
    if (version == version()) {
      current = inForce;
      reloadNanos = OptionalLong.empty();
    }
  }

  void retryRefused() {
    refused.clear();
  }

  /** Data were put in force. */
  void loaded(Optional<SignedNetworkData> data) {
    inForce = data;
    if (data.isPresent() && Long.compareUnsigned(data.get().version(), version()) >= 0) {
      current = data;
      reloadNanos = OptionalLong.empty();
    }
  }

  OptionalLong reloadNanos() {
    return reloadNanos;
  }

  /** The data to put in force now. */
  Optional<SignedNetworkData> takeReload(long nowNanos) {
    if (reloadNanos.isEmpty() || reloadNanos.getAsLong() - nowNanos > 0) {
      return Optional.empty();
    }
    reloadNanos = OptionalLong.empty();
    return current;
  }

  /** The version to claim in a request: the highest of the own and the refused ones. */
  long versionToAskWith() {
    long highest = version();
    for (long version : refused) {
      highest = isNewer(version, highest) ? version : highest;
    }
    return highest;
  }

  /**
   * The version to claim towards somebody who says that he has another one.
   *
   * @return empty if there is no reason to ask him
   */
  OptionalLong versionToAskAfter(long offeredVersion) {
    if (!isNewer(offeredVersion)) {
      return OptionalLong.empty();
    }
    long claim = versionToAskWith();
    return OptionalLong.of(isNewer(offeredVersion, claim) ? claim : version());
  }

  private boolean isNewer(long version) {
    return isNewer(version, version()) && !refused.contains(version);
  }

  private static boolean isNewer(long version, long other) {
    return Long.compareUnsigned(version, other) > 0;
  }
}
