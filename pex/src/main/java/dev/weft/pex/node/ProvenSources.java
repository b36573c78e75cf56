// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Underlay addresses that showed that they receive what is sent to them: by a WireGuard handshake,
 * or by the answer to a request that had gone there. Forged datagrams change nothing here. Belongs
 * to its {@link NetworkDataExchange}.
 */
final class ProvenSources {

  /** The newest addresses are kept. */
  static final int MAX = 1024;

  /** WireGuard's REJECT_AFTER_TIME: a peer that is still there has shaken hands again by then. */
  static final long LIFETIME_NANOS = TimeUnit.SECONDS.toNanos(180);

  private final Map<InetAddress, Long> provenAt = new LinkedHashMap<>();

  void add(InetAddress address, long nowNanos) {
    provenAt.remove(address);
    provenAt.put(address, nowNanos);
    if (provenAt.size() > MAX) {
      provenAt.remove(provenAt.keySet().iterator().next());
    }
  }

  boolean contains(InetAddress address, long nowNanos) {
    Long at = provenAt.get(address);
    return at != null && nowNanos - at <= LIFETIME_NANOS;
  }
}
