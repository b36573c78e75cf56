// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.overlay.OverlayException;
import dev.weft.spi.AeadProvider;
import dev.weft.spi.Availability;
import dev.weft.spi.TransportAead;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Supplier;

/**
 * The cipher for data packets: of the providers on the path, the one of the highest priority that
 * is available and passes a self-test. Immutable and thread-safe.
 *
 * @param chosen the provider
 * @param problems why others that come before it, or all of them, cannot be used
 */
public record AeadSelection(Optional<AeadProvider> chosen, List<String> problems) {

  private static final long COUNTER = 0x0807060504030201L;
  private static final byte[] PLAINTEXT =
      "weft self-test of a data cipher!!".getBytes(StandardCharsets.US_ASCII);

  /** The plaintext under the key 80 81 .. 9f; two independent implementations agree on it. */
  private static final byte[] CIPHERTEXT =
      HexFormat.of()
          .parseHex(
              "96dc728c3796129439b417d94a989f4fa8f3e22df3b8070e5c81db80d4e63899"
                  + "e477692ec94d5556ad90a000e8be66296c");

  public AeadSelection {
    problems = List.copyOf(problems);
  }

  /** What was found on the path, once in the life of this class. */
  static AeadSelection onPath() {
    return OnPath.SELECTION;
  }

  private static final class OnPath {
    static final AeadSelection SELECTION = load();

    private static AeadSelection load() {
      // This class's loader: the context loader of a shared runtime's thread may be anybody's.
      Iterator<ServiceLoader.Provider<AeadProvider>> found =
          ServiceLoader.load(AeadProvider.class, AeadSelection.class.getClassLoader()).stream()
              .iterator();
      List<Supplier<AeadProvider>> providers = new ArrayList<>();
      List<String> problems = new ArrayList<>();
      while (true) {
        try {
          if (!found.hasNext()) {
            break;
          }
          providers.add(found.next());
        } catch (ServiceConfigurationError e) {
          problems.add(String.valueOf(e.getMessage()));
        }
      }
      return select(providers, problems);
    }
  }

  /** Chooses among providers. */
  static AeadSelection of(List<AeadProvider> providers) {
    return select(
        providers.stream().<Supplier<AeadProvider>>map(provider -> () -> provider).toList(),
        List.of());
  }

  private static AeadSelection select(
      List<Supplier<AeadProvider>> suppliers, List<String> earlierProblems) {
    List<AeadProvider> providers = new ArrayList<>();
    List<String> problems = new ArrayList<>(earlierProblems);
    for (Supplier<AeadProvider> supplier : suppliers) {
      try {
        providers.add(supplier.get());
      } catch (ServiceConfigurationError e) {
        problems.add(String.valueOf(e.getMessage()));
      }
    }
    providers.sort(
        Comparator.comparingInt(AeadProvider::priority)
            .reversed()
            .thenComparing(AeadProvider::name));
    for (AeadProvider provider : providers) {
      switch (provider.probe()) {
        case Availability.Unavailable(String reason, String remedy) ->
            problems.add(provider.name() + ": " + reason + " (" + remedy + ")");
        case Availability.Available available -> {
          if (passesSelfTest(provider)) {
            return new AeadSelection(Optional.of(provider), problems);
          }
          problems.add(provider.name() + ": it failed its self-test");
        }
      }
    }
    return new AeadSelection(Optional.empty(), problems);
  }

  /** Seals and opens a known packet, and refuses a damaged one. */
  private static boolean passesSelfTest(AeadProvider provider) {
    byte[] key = new byte[TransportAead.KEY_LENGTH];
    for (int i = 0; i < key.length; i++) {
      key[i] = (byte) (0x80 + i);
    }
    byte[] packet = Arrays.copyOf(PLAINTEXT, CIPHERTEXT.length);
    MemorySegment memory = MemorySegment.ofArray(packet);
    try (TransportAead sealing = provider.create(key);
        TransportAead opening = provider.create(key)) {
      sealing.seal(COUNTER, memory, 0, PLAINTEXT.length, memory, 0);
      if (!Arrays.equals(packet, CIPHERTEXT)
          || !opening.open(COUNTER, memory, 0, packet.length, memory, 0)
          || !Arrays.equals(packet, 0, PLAINTEXT.length, PLAINTEXT, 0, PLAINTEXT.length)) {
        return false;
      }
      byte[] damaged = CIPHERTEXT.clone();
      damaged[0] ^= 1;
      MemorySegment damagedMemory = MemorySegment.ofArray(damaged);
      return !opening.open(COUNTER, damagedMemory, 0, damaged.length, damagedMemory, 0);
    } catch (RuntimeException | LinkageError e) {
      return false;
    }
  }

  /**
   * The provider that was chosen.
   *
   * @throws OverlayException if there is none
   */
  public AeadProvider require() {
    return chosen.orElseThrow(
        () -> new OverlayException("no cipher for data packets can be used: " + reason()));
  }

  /** Why none was chosen, for a person. */
  String reason() {
    return problems.isEmpty()
        ? "no provider of ChaCha20-Poly1305 is on the path"
        : String.join("; ", problems);
  }
}
