// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.bind;

import dev.weft.linux.udp.ReceiveBatch;
import dev.weft.linux.udp.SocketAddress;
import dev.weft.transport.Endpoint;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How to reach endpoints: from which own address (the one that the peer's last authentic message
 * was sent to), and whether segmentation offload works towards it. Bounded: when there are too many
 * entries all are forgotten, which costs no more than one look-up each. Thread-safe.
 */
public final class Destinations {

  /** More endpoints than a device has peers. */
  private static final int LIMIT = 1 << 16;

  private final Map<Endpoint, SocketAddress> addresses = new ConcurrentHashMap<>();
  private final Set<Endpoint> withoutOffload = ConcurrentHashMap.newKeySet();

  /** Nothing known yet. */
  public Destinations() {}

  /** The endpoint as the kernel wants it. */
  public SocketAddress of(Endpoint endpoint) {
    SocketAddress known = addresses.get(endpoint);
    if (known == null) {
      known = SocketAddress.of(endpoint.toSocketAddress());
      put(endpoint, known);
    }
    return known;
  }

  /** Answers leave from the address that an authentic message was sent to. */
  public void onAuthentic(Endpoint source, ReceiveBatch batch, int index) {
    if (!batch.hasLocal(index)) {
      return;
    }
    SocketAddress known = of(source);
    long high = batch.localHigh(index);
    long low = batch.localLow(index);
    // Only a link-local address means nothing without its link; else the route chooses the link.
    int interfaceIndex = isLinkLocal(batch, index) ? batch.interfaceIndex(index) : 0;
    if (!known.hasSource()
        || known.sourceHigh() != high
        || known.sourceLow() != low
        || known.sourceInterface() != interfaceIndex) {
      put(source, known.withSource(high, low, interfaceIndex));
    }
  }

  /**
   * The address to answer from is no longer the host's, or was told anew: lets the route decide.
   */
  public void forgetSource(Endpoint endpoint) {
    addresses.computeIfPresent(endpoint, (key, address) -> address.withoutSource());
  }

  /** The same for all. */
  public void forgetSources() {
    addresses.clear();
  }

  /** Segmentation offload towards the endpoint failed: its path takes no such segments. */
  public void giveUpOffload(Endpoint endpoint) {
    if (withoutOffload.size() >= LIMIT) {
      withoutOffload.clear();
    }
    withoutOffload.add(endpoint);
  }

  /** Whether segmentation offload may be used towards the endpoint. */
  public boolean mayOffload(Endpoint endpoint) {
    return withoutOffload.isEmpty() || !withoutOffload.contains(endpoint);
  }

  /** How many endpoints offload was given up for. */
  public int withoutOffload() {
    return withoutOffload.size();
  }

  private static boolean isLinkLocal(ReceiveBatch batch, int index) {
    return batch.isIpv6(index) && batch.localHigh(index) >>> 54 == 0xfe80 >>> 6;
  }

  private void put(Endpoint endpoint, SocketAddress address) {
    if (addresses.size() >= LIMIT) {
      addresses.clear();
    }
    addresses.put(endpoint, address);
  }
}
