// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.crypto.Ed25519;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PrivateKey;
import dev.weft.pex.netdata.SignedNetworkData;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Uploads and downloads through the command line, with a node on the loopback interface. */
@Timeout(60)
class PexToolTransferTest {

  private static final byte[] SEED = new byte[32];
  private static final AuthKey AUTH_KEY = AuthKey.of(Ed25519.publicKey(SEED));
  private static final PrivateKey NODE = privateKey(1);
  private static final PrivateKey HOST = privateKey(2);
  private static final PrivateKey STRANGER = privateKey(3);

  @TempDir private Path directory;
  private Path file;
  private Path hostKey;

  private record Outcome(int exitCode, String out, String error) {}

  private static PrivateKey privateKey(int number) {
    return PrivateKey.of(ByteBuffer.allocate(32).put(1, (byte) number).array());
  }

  private static SignedNetworkData data(long version, int padding) {
    String json =
        "{\"hosts\":{\"node\":{\"key\":\""
            + NODE.publicKey()
            + "\"},\"host\":{\"key\":\""
            + HOST.publicKey()
            + "\"}},\"x\":\""
            + "x".repeat(padding)
            + "\"}";
    return SignedNetworkData.sign(SEED, version, json);
  }

  @BeforeEach
  void files() throws IOException {
    file = directory.resolve("net.bin");
    hostKey = keyFile("host.key", HOST);
  }

  private Path keyFile(String name, PrivateKey key) throws IOException {
    Path path = Files.writeString(directory.resolve(name), key.exportBase64() + "\n");
    return Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
  }

  private static LoopbackNode node(Optional<SignedNetworkData> data, IntPredicate loses)
      throws IOException {
    return new LoopbackNode(NODE, AUTH_KEY, data, loses);
  }

  private static Outcome run(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter error = new StringWriter();
    CommandLine line = Examples.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(error, true));
    List<String> all = new ArrayList<>(List.of("pex-tool"));
    Arrays.stream(arguments).map(Object::toString).forEach(all::add);
    int exitCode = line.execute(all.toArray(new String[0]));
    return new Outcome(exitCode, out.toString(), error.toString());
  }

  private static String fail(Object... arguments) {
    Outcome outcome = run(arguments);
    assertEquals(1, outcome.exitCode(), outcome.toString());
    assertEquals(1, outcome.error().lines().count(), outcome.error());
    assertFalse(outcome.error().contains("Exception"), outcome.error());
    return outcome.error();
  }

  private Object[] download(LoopbackNode node, Path key, String... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("download", node.address(), "-k", key, "-a", AUTH_KEY, "-o", file));
    arguments.addAll(List.of(more));
    return arguments.toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3_000, 130_000})
  void dataAreDownloaded(int padding) throws IOException {
    try (LoopbackNode node = node(Optional.of(data(5, padding)), number -> false)) {
      Outcome outcome = run(download(node, hostKey, "--json"));
      assertEquals(0, outcome.exitCode(), outcome.error());
      JsonNode values = new ObjectMapper().readTree(outcome.out());
      assertEquals("downloaded", values.get("status").asText());
      assertEquals("5", values.get("version").asText());
      assertArrayEquals(data(5, padding).octets(), Files.readAllBytes(file));
    }
  }

  @Test
  void aDownloadSurvivesLosses() throws IOException {
    // The first request, and a chunk of the answer to the second.
    try (LoopbackNode node = node(Optional.of(data(5, 3_000)), n -> n == 0 || n == 3)) {
      Outcome outcome = run(download(node, hostKey));
      assertEquals(0, outcome.exitCode(), outcome.error());
      assertArrayEquals(data(5, 3_000).octets(), Files.readAllBytes(file));
    }
  }

  @Test
  void aHostThatTheNodeDoesNotKnowIsRefused() throws IOException {
    try (LoopbackNode node = node(Optional.of(data(5, 0)), n -> false)) {
      String error = fail(download(node, keyFile("stranger.key", STRANGER)));
      assertEquals(
          "error: the node has version 5, in which this host does not occur or is not known yet\n",
          error.replace("\r", ""));
      assertFalse(Files.exists(file));
    }
  }

  @Test
  void newerDataInTheFileAreKept() throws IOException {
    Files.write(file, data(6, 0).octets());
    try (LoopbackNode node = node(Optional.of(data(5, 0)), n -> false)) {
      assertTrue(fail(download(node, hostKey)).contains("kept, since its version 6 is newer"));
      assertArrayEquals(data(6, 0).octets(), Files.readAllBytes(file));
    }
  }

  @Test
  void aSilentNodeEndsTheWaiting() throws IOException {
    try (LoopbackNode node = node(Optional.of(data(5, 0)), n -> true)) {
      assertTrue(fail(download(node, hostKey, "-t", "1")).contains("waited 1 s for an answer"));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3_000, 130_000})
  void dataAreUploaded(int padding) throws IOException {
    Files.write(file, data(6, padding).octets());
    try (LoopbackNode node = node(Optional.of(data(5, 0)), n -> false)) {
      Outcome outcome = run("upload", node.address(), file);
      assertEquals(0, outcome.exitCode(), outcome.error());
      assertEquals("the node took version 6", outcome.out().strip());
      assertEquals(Optional.of(data(6, padding)), node.data());
      Outcome again = run("upload", node.address(), file, "--host-key", hostKey);
      assertEquals("the node has version 6 already", again.out().strip());
    }
  }

  @Test
  void anUploadSurvivesLosses() throws IOException {
    Files.write(file, data(6, 3_000).octets());
    // The first request; of the answer to the node's request a chunk; and the first confirmation.
    try (LoopbackNode node = node(Optional.of(data(5, 0)), n -> n == 0 || n == 4 || n == 12)) {
      Outcome outcome = run("upload", node.address(), file);
      assertEquals(0, outcome.exitCode(), outcome.error());
      assertEquals(Optional.of(data(6, 3_000)), node.data());
    }
  }

  @Test
  void aNodeWithNewerDataKeepsThem() throws IOException {
    Files.write(file, data(5, 0).octets());
    try (LoopbackNode node = node(Optional.of(data(7, 0)), n -> false)) {
      assertTrue(fail("upload", node.address(), file).contains("version 7, which is newer than 5"));
      assertEquals(Optional.of(data(7, 0)), node.data());
    }
  }

  @Test
  void aNodeThatIsNotInTheDataGetsNothing() throws IOException {
    Files.write(file, data(6, 0).octets());
    try (LoopbackNode node =
        new LoopbackNode(STRANGER, AUTH_KEY, Optional.of(data(5, 0)), n -> false)) {
      assertTrue(fail("upload", node.address(), file).contains("no host of the data has it"));
    }
  }

  @Test
  void nobodyAtThePortIsTold() throws IOException {
    Files.write(file, data(6, 0).octets());
    int port;
    try (DatagramSocket free = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    assertTrue(fail("upload", "127.0.0.1:" + port, file, "-t", "2").contains("127.0.0.1:" + port));
  }

  @Test
  void wrongInputIsToldBeforeAnythingIsSent() throws IOException {
    assertEquals(2, run("upload", "127.0.0.1", directory.resolve("missing")).exitCode());
    Files.write(file, data(6, 0).octets());
    assertEquals(2, run("upload", "127.0.0.1:0", file).exitCode());
    assertEquals(2, run("upload", "127.0.0.1", file, "-t", "0").exitCode());
    assertEquals(2, run("download", "127.0.0.1", "-k", hostKey, "-a", "x", "-o", file).exitCode());
    Files.writeString(file, "nonsense");
    assertEquals(1, run("upload", "127.0.0.1", file).exitCode());
  }
}
