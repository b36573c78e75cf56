// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import java.time.Duration;
import java.util.Objects;

/**
 * What happens to the datagrams that one host sends to another. Immutable.
 *
 * @param latency how long they travel; alone it never changes their order
 * @param loss the probability, 0 to 1, that one is lost
 * @param duplication the probability that one arrives twice
 * @param reordering the probability that one is held back, so that later ones overtake it
 * @param reorderDelay how long it is held back
 * @param mtuOctets the longest IP packet, headers included; longer ones vanish
 */
public record LinkConditions(
    Latency latency,
    double loss,
    double duplication,
    double reordering,
    Duration reorderDelay,
    int mtuOctets) {

  /** 10 ms, no faults, 1500 octets. */
  public static final LinkConditions PERFECT = builder().build();

  public LinkConditions {
    Objects.requireNonNull(latency, "latency");
    requireProbability("loss", loss);
    requireProbability("duplication", duplication);
    requireProbability("reordering", reordering);
    Objects.requireNonNull(reorderDelay, "reorderDelay");
    if (mtuOctets < 68) {
      throw new IllegalArgumentException("mtuOctets: " + mtuOctets + " is below 68");
    }
  }

  private static void requireProbability(String name, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(name + ": " + value + " is not in 0 to 1");
    }
  }

  /** A builder that starts with {@link #PERFECT}. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that starts with these conditions. */
  public Builder toBuilder() {
    return new Builder()
        .latency(latency)
        .loss(loss)
        .duplication(duplication)
        .reordering(reordering, reorderDelay)
        .mtuOctets(mtuOctets);
  }

  /** Builds {@link LinkConditions}. Not thread-safe. */
  public static final class Builder {
    private Latency latency = Latency.constant(Duration.ofMillis(10));
    private double loss;
    private double duplication;
    private double reordering;
    private Duration reorderDelay = Duration.ZERO;
    private int mtuOctets = 1500;

    private Builder() {}

    /** Sets how long datagrams travel. */
    public Builder latency(Latency value) {
      latency = value;
      return this;
    }

    /** Sets how long each datagram travels. */
    public Builder latency(Duration value) {
      return latency(Latency.constant(value));
    }

    /** Sets the probability of loss. */
    public Builder loss(double probability) {
      loss = probability;
      return this;
    }

    /** Sets the probability of arriving twice. */
    public Builder duplication(double probability) {
      duplication = probability;
      return this;
    }

    /** Sets the probability of being held back, and for how long. */
    public Builder reordering(double probability, Duration delay) {
      reordering = probability;
      reorderDelay = delay;
      return this;
    }

    /** Sets the longest IP packet. */
    public Builder mtuOctets(int octets) {
      mtuOctets = octets;
      return this;
    }

    /**
     * The conditions.
     *
     * @throws IllegalArgumentException if a value is not allowed
     */
    public LinkConditions build() {
      return new LinkConditions(latency, loss, duplication, reordering, reorderDelay, mtuOctets);
    }
  }
}
