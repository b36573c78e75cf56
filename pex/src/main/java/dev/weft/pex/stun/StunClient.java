// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import dev.weft.pex.stun.StunMessage.BindingError;
import dev.weft.pex.stun.StunMessage.BindingRequest;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Asks several servers once for the own address as they see it, repeating each request until it is
 * answered or given up. Without I/O and clock: octets and times in, datagrams out, all of them from
 * and to one socket. Belongs to its owner's thread; for one use. Source: RFC 8489 §6.2.1.
 */
public final class StunClient {

  /** How many servers are asked at most; more are left out. */
  public static final int MAX_SERVERS = 16;

  /**
   * How long to go on.
   *
   * @param firstWait RTO: until the first repetition, then twice as long, and so on
   * @param requests Rc: how often a request is sent at most
   * @param lastWait Rm: for how many times {@code firstWait} the last one is waited for
   */
  public record Retransmission(Duration firstWait, int requests, int lastWait) {

    /** As recommended: 500 ms, 7 requests, given up after 39.5 s. */
    public static final Retransmission RFC_8489 = new Retransmission(Duration.ofMillis(500), 7, 16);

    public Retransmission {
      if (firstWait.isNegative() || firstWait.isZero() || firstWait.toHours() > 0) {
        throw new IllegalArgumentException("firstWait: " + firstWait + " is not in 0 to 1 hour");
      }
      if (requests < 1 || requests > 16 || lastWait < 1 || lastWait > 256) {
        throw new IllegalArgumentException(
            "requests: " + requests + ", lastWait: " + lastWait + " are not in 1 to 16, 256");
      }
    }
  }

  /** A datagram to send. */
  public record Send(Endpoint server, ByteBuffer datagram) {}

  /** What became of a request. */
  public sealed interface Outcome {

    /** Not decided yet. */
    record Pending() implements Outcome {}

    /** The server told where the request came from. */
    record Reflexive(Endpoint endpoint) implements Outcome {}

    /** The server refused, or its answer holds no address of use; the code is 0 then. */
    record Refused(int code) implements Outcome {}

    /** No answer. */
    record TimedOut() implements Outcome {}
  }

  private static final class Attempt {
    final Endpoint server;
    final BindingRequest request;
    int sent;
    long deadlineNanos;

    Attempt(Endpoint server, BindingRequest request) {
      this.server = server;
      this.request = request;
    }
  }

  private final StunTransactions transactions;
  private final Retransmission retransmission;
  private final Map<TransactionId, Attempt> attempts = new LinkedHashMap<>();
  private final Map<Endpoint, Outcome> outcomes = new LinkedHashMap<>();

  /** Nothing is asked yet. */
  public StunClient(RandomSource random, Retransmission retransmission) {
    transactions = new StunTransactions(random);
    this.retransmission = retransmission;
  }

  /**
   * Asks the servers, each once whatever how often it is named.
   *
   * @throws IllegalStateException if it was called before
   */
  public List<Send> start(List<Endpoint> servers, long nowNanos) {
    if (!outcomes.isEmpty()) {
      throw new IllegalStateException("a client is for one use");
    }
    List<Send> sends = new ArrayList<>();
    for (Endpoint server : servers.stream().distinct().limit(MAX_SERVERS).toList()) {
      Attempt attempt = new Attempt(server, transactions.open(server));
      attempts.put(attempt.request.transaction(), attempt);
      outcomes.put(server, new Outcome.Pending());
      sends.add(send(attempt, nowNanos));
    }
    return sends;
  }

  private Send send(Attempt attempt, long nowNanos) {
    long firstWait = retransmission.firstWait().toNanos();
    attempt.sent++;
    boolean last = attempt.sent == retransmission.requests();
    attempt.deadlineNanos =
        nowNanos + firstWait * (last ? retransmission.lastWait() : 1L << (attempt.sent - 1));
    return new Send(attempt.server, attempt.request.encode());
  }

  /** When {@link #onDeadline} is due; absent if nothing is waited for. */
  public OptionalLong nextDeadlineNanos() {
    long next = 0;
    boolean any = false;
    for (Attempt attempt : attempts.values()) {
      if (!any || attempt.deadlineNanos - next < 0) {
        next = attempt.deadlineNanos;
      }
      any = true;
    }
    return any ? OptionalLong.of(next) : OptionalLong.empty();
  }

  /** Repeats what was not answered in time, or gives it up. */
  public List<Send> onDeadline(long nowNanos) {
    List<Send> sends = new ArrayList<>();
    for (Attempt attempt : List.copyOf(attempts.values())) {
      if (attempt.deadlineNanos - nowNanos > 0) {
        continue;
      }
      if (attempt.sent < retransmission.requests()) {
        sends.add(send(attempt, nowNanos));
      } else {
        transactions.forget(attempt.request.transaction());
        conclude(attempt.request.transaction(), attempt.server, new Outcome.TimedOut());
      }
    }
    return sends;
  }

  /**
   * A datagram arrived on the socket. What answers no request of ours, or comes from elsewhere than
   * where that was sent, is ignored.
   *
   * @return the own address, if the datagram tells it
   */
  public Optional<Endpoint> onDatagram(ByteBuffer datagram, Endpoint source) {
    Optional<StunTransactions.Match> match = transactions.match(datagram, source);
    Optional<Endpoint> reflexive = match.flatMap(StunTransactions::usable);
    match.ifPresent(
        answer -> {
          int code = answer.response() instanceof BindingError error ? error.code() : 0;
          Outcome outcome =
              reflexive
                  .<Outcome>map(Outcome.Reflexive::new)
                  .orElseGet(() -> new Outcome.Refused(code));
          conclude(answer.transaction(), answer.server(), outcome);
        });
    return reflexive;
  }

  private void conclude(TransactionId transaction, Endpoint server, Outcome outcome) {
    attempts.remove(transaction);
    outcomes.put(server, outcome);
  }

  /** What became of each request, in the order of the servers. A copy. */
  public Map<Endpoint, Outcome> outcomes() {
    return new LinkedHashMap<>(outcomes);
  }

  /** Whether nothing is waited for any more. */
  public boolean isDone() {
    return attempts.isEmpty();
  }
}
