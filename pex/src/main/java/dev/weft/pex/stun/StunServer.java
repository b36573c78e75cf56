// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import dev.weft.pex.stun.StunMessage.BindingError;
import dev.weft.pex.stun.StunMessage.BindingRequest;
import dev.weft.pex.stun.StunMessage.BindingSuccess;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Tells whoever asks where the request came from. Without I/O and clock; belongs to its owner's
 * thread. Source: RFC 8489 §6.3, §7; RFC 5780 §7.5 for RESPONSE-PORT; PEX §10.
 *
 * <p>What a forged source can make of it is bounded. An answer is never longer than its request by
 * more than {@link #MAX_GROWTH} octets: 20 octets of request are answered with 32 for IPv4 (1.6
 * times as many) and 44 for IPv6 (2.2 times), and FINGERPRINT is added only where the request had
 * it; errors have no reason phrase, and there is no SOFTWARE. RESPONSE-PORT redirects an answer to
 * another port of the asking address, never to another address. Sources are limited in rate, and so
 * is the whole.
 *
 * <p>Every success has XOR-MAPPED-ADDRESS: the recorded daemon crashes without one. Requests
 * without the magic cookie, that is of RFC 3489, are not answered, as there that attribute would be
 * of no use and MAPPED-ADDRESS alone is harmful.
 */
public final class StunServer {

  /** By how many octets an answer is longer than its request at most. */
  public static final int MAX_GROWTH = 24;

  /** The one bucket of the total. */
  private static final InetAddress EVERYBODY = StunWriter.inetAddress(new byte[4]);

  private static final InetAddress BROADCAST = StunWriter.inetAddress(new byte[] {-1, -1, -1, -1});

  /**
   * How many requests are answered.
   *
   * @param perSecond of one source, which is an IPv4 address or an IPv6 /64, in the long run
   * @param burst of one source at once; a NAT may have many nodes behind it
   * @param totalPerSecond of all together, and as many at once
   * @param maxSources how many sources are told apart
   */
  public record Limits(int perSecond, int burst, int totalPerSecond, int maxSources) {

    /** 10 a second and 50 at once of one source, 10,000 a second of all, 16,384 sources. */
    public static final Limits DEFAULT = new Limits(10, 50, 10_000, 16_384);

    public Limits {
      requireIn(perSecond, 1_000_000, "perSecond");
      requireIn(burst, 1_000_000, "burst");
      requireIn(totalPerSecond, 10_000_000, "totalPerSecond");
      requireIn(maxSources, 1 << 24, "maxSources");
    }

    private static void requireIn(int value, int greatest, String name) {
      if (value < 1 || value > greatest) {
        throw new IllegalArgumentException(name + ": " + value + " is not in 1 to " + greatest);
      }
    }
  }

  /**
   * A datagram to send.
   *
   * @param destination has the address of the request's source
   * @param datagram ready to be read; the receiver's
   */
  public record Answer(Endpoint destination, ByteBuffer datagram) {}

  /**
   * What was done so far.
   *
   * @param requests datagrams that were handed in; the sum of all others but {@code refused}
   * @param answered requests that were answered, refusals included
   * @param refused requests that were answered with an error
   * @param malformed datagrams that are no request, or come from where no answer can be sent to
   * @param limited requests that were dropped because of the rate
   */
  public record Counts(long requests, long answered, long refused, long malformed, long limited) {}

  private final TokenBuckets perSource;
  private final TokenBuckets total;
  private long answered;
  private long refused;
  private long malformed;
  private long limited;

  /** A server that nobody has asked yet. */
  public StunServer(Limits limits) {
    long second = TimeUnit.SECONDS.toNanos(1);
    perSource = new TokenBuckets(second / limits.perSecond, limits.burst, limits.maxSources);
    total = new TokenBuckets(second / limits.totalPerSecond, limits.totalPerSecond, 1);
  }

  /**
   * Answers a request.
   *
   * @param request a datagram, from its position to its limit; unchanged
   * @param source where it came from
   * @return absent if it is to be dropped
   */
  public Optional<Answer> answer(ByteBuffer request, Endpoint source, long nowNanos) {
    StunMessage message;
    try {
      message = StunMessage.decode(request);
    } catch (MalformedStunException e) {
      malformed++;
      return Optional.empty();
    }
    // A response must never be answered: two servers could be set at each other.
    if (!(message instanceof BindingRequest binding) || !canBeAnswered(source)) {
      malformed++;
      return Optional.empty();
    }
    if (!perSource.take(source.address(), nowNanos) || !total.take(EVERYBODY, nowNanos)) {
      limited++;
      return Optional.empty();
    }
    answered++;
    return Optional.of(answer(binding, source));
  }

  private Answer answer(BindingRequest request, Endpoint source) {
    if (!request.unknownAttributes().isEmpty()) {
      return refuse(request, source, BindingError.UNKNOWN_ATTRIBUTE);
    }
    int port = request.responsePort().orElse(source.port());
    if (port == 0) {
      return refuse(request, source, BindingError.BAD_REQUEST);
    }
    StunMessage success =
        new BindingSuccess(
            request.transaction(), Optional.of(source), Optional.empty(), request.fingerprint());
    return new Answer(new Endpoint(source.address(), port), success.encode());
  }

  private Answer refuse(BindingRequest request, Endpoint source, int code) {
    refused++;
    List<Integer> unknown = request.unknownAttributes();
    StunMessage error =
        new BindingError(request.transaction(), code, unknown, request.fingerprint());
    return new Answer(source, error.encode());
  }

  private static boolean canBeAnswered(Endpoint source) {
    InetAddress address = source.address();
    return source.port() != 0
        && !address.isAnyLocalAddress()
        && !address.isMulticastAddress()
        && !address.equals(BROADCAST);
  }

  /** What was done so far. */
  public Counts counts() {
    return new Counts(answered + malformed + limited, answered, refused, malformed, limited);
  }

  /** How many sources are told apart now. */
  int sources() {
    return perSource.sources();
  }
}
