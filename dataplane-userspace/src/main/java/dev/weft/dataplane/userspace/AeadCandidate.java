// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.spi.AeadProvider;
import dev.weft.spi.Availability;
import java.util.Optional;

/**
 * A provider of ciphers and how it stands. Written by whoever selects, one thread at a time; read
 * by any thread.
 */
final class AeadCandidate {

  /** How a provider stands. */
  sealed interface Standing {

    /** It can be used. */
    record Usable() implements Standing {}

    /** It can be used, and should first be warmed up. */
    record Cold() implements Standing {}

    /** It is being warmed up. */
    record WarmingUp() implements Standing {}

    /** It cannot be used; the reason is for a person. */
    record Unusable(String reason) implements Standing {}
  }

  private final AeadProvider provider;
  private volatile Standing standing;

  /** Asks the provider. */
  AeadCandidate(AeadProvider provider) {
    this.provider = provider;
    this.standing = firstStanding(provider);
  }

  private static Standing firstStanding(AeadProvider provider) {
    try {
      return switch (provider.probe()) {
        case Availability.Unavailable(String reason, String remedy) ->
            new Standing.Unusable(reason + " (" + remedy + ")");
        case Availability.Available available ->
            provider.needsWarmUp() ? new Standing.Cold() : new Standing.Usable();
      };
    } catch (RuntimeException | LinkageError e) {
      return new Standing.Unusable("asking it failed: " + e);
    }
  }

  AeadProvider provider() {
    return provider;
  }

  boolean isUsable() {
    return standing instanceof Standing.Usable;
  }

  boolean isCold() {
    return standing instanceof Standing.Cold;
  }

  /** Why it cannot be used; empty if it can. */
  Optional<String> problem() {
    return switch (standing) {
      case Standing.Unusable(String reason) -> Optional.of(provider.name() + ": " + reason);
      case Standing.Usable _, Standing.Cold _, Standing.WarmingUp _ -> Optional.empty();
    };
  }

  /** The known packet; a provider that fails it becomes unusable. */
  boolean passesSelfTest() {
    boolean passed = AeadSelfTest.passes(provider);
    if (!passed) {
      standing = new Standing.Unusable("it failed its self-test");
    }
    return passed;
  }

  /**
   * Warms it up and tests it thoroughly. Takes seconds.
   *
   * @param reference a provider to compare it with
   * @return whether it can be used; if not, {@link #problem} says why
   */
  boolean warmUp(AeadProvider reference) {
    standing = new Standing.WarmingUp();
    Standing result;
    try {
      provider.warmUp();
      result =
          AeadSelfTest.passes(provider) && AeadSelfTest.exercise(provider, reference)
              ? new Standing.Usable()
              : new Standing.Unusable("it failed its self-test");
    } catch (RuntimeException | Error e) {
      // An error too: the vector cipher is made of code of an incubator.
      result = new Standing.Unusable("warming up failed: " + e);
    }
    standing = result;
    return isUsable();
  }

  /** Its name and, in brackets, how it stands if it is not simply usable. */
  @Override
  public String toString() {
    return provider.name()
        + switch (standing) {
          case Standing.Usable _ -> "";
          case Standing.Cold _ -> " (cold)";
          case Standing.WarmingUp _ -> " (warming up)";
          case Standing.Unusable _ -> " (unusable)";
        };
  }
}
