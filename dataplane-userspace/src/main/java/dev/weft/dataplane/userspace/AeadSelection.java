// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.overlay.OverlayException;
import dev.weft.spi.AeadProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cipher for data packets: of the providers on the path, at first the one of the highest
 * priority that is available, passes a self-test and needs no warming up. {@link #startWarmUp}
 * brings better ones to speed on a thread of its own, after which {@link #current} is the best of
 * them. The system property {@value #PROPERTY} names the providers to choose from instead, in order
 * and separated by commas. Thread-safe.
 */
public final class AeadSelection {

  /** The system property that forces the choice. */
  static final String PROPERTY = "weft.aead";

  private static final Logger LOG = LoggerFactory.getLogger(AeadSelection.class);

  /**
   * How long a plane runs before something better is warmed up beside it. Both need the compiler
   * and the cores, and in the first seconds the traffic needs them more.
   */
  private static final Duration WARM_UP_DELAY = Duration.ofSeconds(10);

  /** Preferred first. */
  private final List<AeadCandidate> candidates;

  /** What is wrong besides the candidates. */
  private final List<String> otherProblems;

  private final AtomicBoolean warmUpStarted = new AtomicBoolean();
  private volatile @Nullable AeadProvider current;

  private AeadSelection(List<AeadCandidate> candidates, List<String> otherProblems) {
    this.candidates = List.copyOf(candidates);
    this.otherProblems = List.copyOf(otherProblems);
    current =
        first(AeadCandidate::isUsable)
            // Slow at first, but there is nothing else.
            .or(() -> first(AeadCandidate::isCold))
            .orElse(null);
  }

  private Optional<AeadProvider> first(Predicate<AeadCandidate> standing) {
    return candidates.stream()
        .filter(standing)
        .filter(AeadCandidate::passesSelfTest)
        .map(AeadCandidate::provider)
        .findFirst();
  }

  /** What was found on the path, once in the life of this class. */
  public static AeadSelection onPath() {
    return OnPath.SELECTION;
  }

  private static final class OnPath {
    static final AeadSelection SELECTION = load();

    private static AeadSelection load() {
      // This class's loader: the context loader of a shared runtime's thread may be anybody's.
      Iterator<ServiceLoader.Provider<AeadProvider>> found =
          ServiceLoader.load(AeadProvider.class, AeadSelection.class.getClassLoader()).stream()
              .iterator();
      List<AeadProvider> providers = new ArrayList<>();
      List<String> problems = new ArrayList<>();
      while (true) {
        try {
          if (!found.hasNext()) {
            break;
          }
          providers.add(found.next().get());
        } catch (ServiceConfigurationError e) {
          problems.add(String.valueOf(e.getMessage()));
        }
      }
      return select(providers, problems, System.getProperty(PROPERTY, ""));
    }
  }

  /** Chooses among providers. */
  static AeadSelection of(List<AeadProvider> providers) {
    return select(providers, List.of(), "");
  }

  /**
   * Chooses among the providers that are named.
   *
   * @param names names in order of preference, separated by commas; blank for all providers
   */
  static AeadSelection of(List<AeadProvider> providers, String names) {
    return select(providers, List.of(), names);
  }

  private static AeadSelection select(
      List<AeadProvider> found, List<String> problems, String names) {
    List<AeadProvider> providers = new ArrayList<>(found);
    providers.sort(
        Comparator.comparingInt(AeadProvider::priority)
            .reversed()
            .thenComparing(AeadProvider::name));
    if (!names.isBlank()) {
      List<String> wanted = Arrays.stream(names.split(",", -1)).map(String::strip).toList();
      List<String> known = providers.stream().map(AeadProvider::name).toList();
      if (!known.containsAll(wanted)) {
        return new AeadSelection(
            List.of(),
            List.of(
                "the system property "
                    + PROPERTY
                    + " is "
                    + names
                    + ", but the ciphers on the path are "
                    + String.join(", ", known)));
      }
      providers.removeIf(provider -> !wanted.contains(provider.name()));
      providers.sort(Comparator.comparingInt(provider -> wanted.indexOf(provider.name())));
    }
    return new AeadSelection(providers.stream().map(AeadCandidate::new).toList(), problems);
  }

  /** The provider that is best now; empty if there is none. */
  Optional<AeadProvider> chosen() {
    return Optional.ofNullable(current);
  }

  /**
   * The provider that is best now, for each new session. It changes once, from any caller's view at
   * any time, if {@link #startWarmUp} was called; ciphers that were made before go on working.
   *
   * @throws OverlayException if there is none
   */
  public AeadProvider current() {
    return chosen()
        .orElseThrow(
            () -> new OverlayException("no cipher for data packets can be used: " + reason()));
  }

  /**
   * The same as {@link #current}.
   *
   * @throws OverlayException if there is none
   */
  public AeadProvider require() {
    return current();
  }

  /** Why providers cannot be used, preferred ones first. */
  List<String> problems() {
    List<String> problems = new ArrayList<>(otherProblems);
    candidates.forEach(candidate -> candidate.problem().ifPresent(problems::add));
    return problems;
  }

  /** Why none was chosen, for a person. */
  String reason() {
    List<String> problems = problems();
    return problems.isEmpty()
        ? "no provider of ChaCha20-Poly1305 is on the path"
        : String.join("; ", problems);
  }

  /** The providers, preferred first, such as {@code vector (warming up), openssl, jdk}. */
  public String order() {
    return candidates.stream().map(AeadCandidate::toString).collect(Collectors.joining(", "));
  }

  /**
   * Starts to warm up what is better than the current provider, at the first call and if there is
   * such a one. For whoever opens a plane: the work begins when the plane has run for a while, or
   * at once if the current provider is itself the one to warm up.
   *
   * @return the thread that was started
   */
  public Optional<Thread> startWarmUp() {
    return startWarmUp(WARM_UP_DELAY);
  }

  /** The same with another delay; a thread that is interrupted before it is over does nothing. */
  Optional<Thread> startWarmUp(Duration delay) {
    if (candidates.stream().noneMatch(AeadCandidate::isCold)
        || !warmUpStarted.compareAndSet(false, true)) {
      return Optional.empty();
    }
    boolean isCurrentCold =
        candidates.stream()
            .anyMatch(candidate -> candidate.isCold() && candidate.provider().equals(current));
    return Optional.of(AeadWarmUp.start(this::warmUp, isCurrentCold ? Duration.ZERO : delay));
  }

  private void warmUp() {
    AeadProvider before = current;
    if (before == null) {
      return;
    }
    for (AeadCandidate candidate : candidates) {
      boolean isBetter = candidate.isCold();
      if (isBetter && candidate.warmUp(before)) {
        current = candidate.provider();
        LOG.info("cipher for data packets: {}", order());
        return;
      }
      candidate.problem().filter(problem -> isBetter).ifPresent(LOG::warn);
      if (candidate.isUsable()) {
        // The rest is worse.
        return;
      }
    }
  }
}
