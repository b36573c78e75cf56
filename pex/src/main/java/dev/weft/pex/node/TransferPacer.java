// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.pex.message.PexMessage;
import dev.weft.transport.Endpoint;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * Sends network data in small bursts. The recorded daemon sends all messages back to back; but one
 * that a full queue drops loses the whole transfer (PEX §19 quirk 9). Receivers give up 3 s after
 * the last message they got, so gaps stay far below that; a transfer that could not be finished in
 * time, because its owner did not run, is forgotten. Belongs to its {@link NetworkDataExchange}.
 */
final class TransferPacer {

  /** Messages that are sent at once; network data of most networks fit in them. */
  static final int BURST = 8;

  /** Between two bursts, so 128 KiB take about a third of a second. At most 500 ms are allowed. */
  static final long GAP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /**
   * With more transfers at a time the gaps grow, to 320 ms, so that all together are no faster: 25
   * MiB/s.
   */
  static final int AT_FULL_SPEED = 64;

  static final long MAX_DURATION_NANOS = TimeUnit.SECONDS.toNanos(8);

  /**
   * Transfers at a time, each of which holds a cipher and a reference to the data. Hosts that ask
   * in the same moment, since new data were announced to all, ask again after 11 s if there is no
   * room for them.
   */
  static final int MAX_TRANSFERS = 1024;

  /** Transfers at a time to one address and port: a request that was lost may be repeated. */
  static final int MAX_TO_ONE = 2;

  private final List<OutgoingTransfer> transfers = new ArrayList<>();
  private final BiConsumer<PexPath, PexMessage> out;
  private final PexCounters counters;

  /**
   * A pacer without transfers.
   *
   * @param out takes the messages
   */
  TransferPacer(BiConsumer<PexPath, PexMessage> out, PexCounters counters) {
    this.out = out;
    this.counters = counters;
  }

  /** Whether one more transfer to a destination may begin. */
  boolean hasRoom(Endpoint destination) {
    return transfers.size() < MAX_TRANSFERS
        && transfers.stream()
                .filter(transfer -> transfer.path().destination().equals(destination))
                .count()
            < MAX_TO_ONE;
  }

  /** Begins a transfer: its first burst is sent. */
  void start(OutgoingTransfer transfer, long nowNanos) {
    transfer.startedNanos = nowNanos;
    sendBurst(transfer, nowNanos);
    if (!transfer.isComplete()) {
      transfers.add(transfer);
    }
  }

  private void sendBurst(OutgoingTransfer transfer, long nowNanos) {
    for (int i = 0; i < BURST && !transfer.isComplete(); i++) {
      out.accept(transfer.path(), transfer.next());
    }
    int others = Math.max(AT_FULL_SPEED, transfers.size());
    transfer.dueNanos = nowNanos + GAP_NANOS * others / AT_FULL_SPEED;
  }

  /** Sends what is due. */
  void onDeadline(long nowNanos) {
    for (Iterator<OutgoingTransfer> all = transfers.iterator(); all.hasNext(); ) {
      OutgoingTransfer transfer = all.next();
      if (nowNanos - transfer.startedNanos > MAX_DURATION_NANOS) {
        counters.count(PexCounter.ABORTED_TRANSFERS);
        all.remove();
      } else if (transfer.dueNanos - nowNanos <= 0) {
        sendBurst(transfer, nowNanos);
        if (transfer.isComplete()) {
          all.remove();
        }
      }
    }
  }

  /** When something is due. */
  OptionalLong nextDeadlineNanos() {
    return transfers.stream()
        .mapToLong(transfer -> transfer.dueNanos)
        .reduce((a, b) -> a - b <= 0 ? a : b);
  }

  /** How many transfers are under way. */
  int size() {
    return transfers.size();
  }
}
