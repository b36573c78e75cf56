// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.spi.AeadProvider;
import dev.weft.spi.Availability;
import dev.weft.spi.TransportAead;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class VectorAeadProviderTest {

  /** A packet under the key 80 81 .. 9f, which two independent implementations agree on. */
  private static final String SEALED =
      "96dc728c3796129439b417d94a989f4fa8f3e22df3b8070e5c81db80d4e63899"
          + "e477692ec94d5556ad90a000e8be66296c";

  /** Says whether the provider is available and, if so, how many lengths it seals and opens. */
  static final class Program {

    private Program() {}

    public static void main(String[] arguments) {
      AeadProvider provider = new VectorAeadProvider();
      Availability availability = provider.probe();
      System.out.println(availability);
      if (arguments.length > 0) {
        System.out.println(sealKnown(provider));
        System.out.println("opened " + openedLengths(provider));
      }
    }
  }

  private static String sealKnown(AeadProvider provider) {
    byte[] key = new byte[TransportAead.KEY_LENGTH];
    for (int i = 0; i < key.length; i++) {
      key[i] = (byte) (0x80 + i);
    }
    byte[] plaintext = "weft self-test of a data cipher!!".getBytes(StandardCharsets.US_ASCII);
    byte[] sealed = new byte[plaintext.length + TransportAead.TAG_LENGTH];
    try (TransportAead aead = provider.create(key)) {
      aead.seal(
          0x0807060504030201L,
          MemorySegment.ofArray(plaintext),
          0,
          plaintext.length,
          MemorySegment.ofArray(sealed),
          0);
    }
    return HexFormat.of().formatHex(sealed);
  }

  private static int openedLengths(AeadProvider provider) {
    int opened = 0;
    try (Arena arena = Arena.ofConfined();
        TransportAead aead = provider.create(new byte[TransportAead.KEY_LENGTH])) {
      MemorySegment memory = arena.allocate(2_000);
      for (int length = 0; length < 1_500; length++) {
        memory.fill((byte) length);
        aead.seal(length, memory, 0, length, memory, 0);
        boolean good = aead.open(length, memory, 0, length + TransportAead.TAG_LENGTH, memory, 0);
        opened +=
            good && (length == 0 || memory.get(ValueLayout.JAVA_BYTE, 0) == (byte) length) ? 1 : 0;
      }
    }
    return opened;
  }

  @Test
  void namesItselfAndWantsToWarmUp() {
    AeadProvider provider = new VectorAeadProvider();
    assertEquals("vector", provider.name());
    assertEquals(400, provider.priority());
    assertTrue(provider.needsWarmUp());
  }

  @Test
  void sealsTheKnownPacketWithTheRegistersOfThisMachine() {
    assertEquals(SEALED, sealKnown(new VectorAeadProvider()));
    assertEquals(1_500, openedLengths(new VectorAeadProvider()));
  }

  @Test
  void keysHaveOneLength() {
    assertThrows(
        IllegalArgumentException.class, () -> new VectorAeadProvider().create(new byte[31]));
  }

  @Test
  @Timeout(120)
  void saysSoWhereTheModuleIsMissing() throws Exception {
    String output = run(List.of(), List.of());
    assertTrue(
        output.startsWith(
            "Unavailable[reason=the module jdk.incubator.vector is not among those of this run,"),
        output);
  }

  @Test
  @Timeout(120)
  void saysSoWhereNothingIsCompiled() throws Exception {
    for (String flag : List.of("-Xint", "-XX:TieredStopAtLevel=1")) {
      String output = run(List.of("--add-modules", "jdk.incubator.vector", flag), List.of());
      assertTrue(
          output.contains("Unavailable[reason=this Java runtime does not use its optimising"),
          output);
    }
  }

  @Test
  @Timeout(120)
  void narrowerRegistersGiveTheSamePackets() throws Exception {
    for (int octets : new int[] {16, 32}) {
      String output =
          run(
              List.of("--add-modules", "jdk.incubator.vector", "-XX:MaxVectorSize=" + octets),
              List.of("seal"));
      assertTrue(output.contains(SEALED) && output.contains("opened 1500"), output);
      assertEquals(octets == 16, output.contains("Unavailable[reason=vector registers"), output);
    }
  }

  private static String run(List<String> flags, List<String> arguments)
      throws IOException, InterruptedException, URISyntaxException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.add("-cp");
    command.add(
        String.join(
            File.pathSeparator,
            codeOf(VectorAeadProvider.class),
            folderOf(Program.class),
            codeOf(AeadProvider.class)));
    command.add(Program.class.getName());
    command.addAll(arguments);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), output);
      assertEquals(0, process.exitValue(), output);
      return output;
    } finally {
      process.destroyForcibly();
    }
  }

  private static String codeOf(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }

  /** The tests are patched into the module, so that their code source is not their folder. */
  private static String folderOf(Class<?> type) throws URISyntaxException {
    String name = type.getName().substring(type.getPackageName().length() + 1) + ".class";
    Path folder = Path.of(Objects.requireNonNull(type.getResource(name)).toURI());
    for (int i = type.getName().split("\\.").length; i > 0; i--) {
      folder = Objects.requireNonNull(folder.getParent());
    }
    return folder.toString();
  }
}
