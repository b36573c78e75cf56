// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.netdata;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.weft.crypto.Ed25519;
import dev.weft.peer.AuthKey;
import dev.weft.pex.netdata.NetworkDataStore.Content;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class NetworkDataStoreTest {

  private static final byte[] SEED = new byte[32];
  private static final AuthKey KEY = AuthKey.of(Ed25519.publicKey(SEED));

  @TempDir private Path directory;
  private NetworkDataStore store;

  @BeforeEach
  void openStore() {
    store = reopened();
  }

  /** As after a restart. */
  private NetworkDataStore reopened() {
    return new NetworkDataStore(directory, "net", KEY);
  }

  private static SignedNetworkData version(long version) {
    return SignedNetworkData.sign(SEED, version, "{\"hosts\":{}}");
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void nothingIsStoredAtFirst() throws NetworkDataStoreException {
    assertEquals(new Content(Optional.empty(), Optional.empty()), store.load());
  }

  @Test
  void whatIsSavedIsThereAfterARestart() throws NetworkDataStoreException, IOException {
    assertTrue(store.save(version(5)));
    assertEquals(new Content(Optional.of(version(5)), Optional.empty()), reopened().load());
    assertArrayEquals(version(5).octets(), Files.readAllBytes(directory.resolve("net.bin")));
    assertEquals(List.of("net.bin"), files());
  }

  @Test
  void theVersionOnlyRises() throws NetworkDataStoreException {
    assertTrue(store.save(version(5)));
    assertFalse(store.save(version(4)));
    assertFalse(reopened().save(version(5)));
    assertFalse(reopened().save(SignedNetworkData.sign(SEED, 5, "{\"config\":{}}")));
    assertTrue(reopened().save(version(6)));
    // Unsigned: this is higher than any Unix time so far.
    assertTrue(store.save(version(-1)));
    assertFalse(store.save(version(Long.MAX_VALUE)));
    assertEquals(Optional.of(version(-1)), reopened().load().data());
  }

  @Test
  void theFileIsItsOwnersAlone() throws NetworkDataStoreException, IOException {
    store.save(version(5));
    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(store.file())));
  }

  @Test
  void aMissingDirectoryIsMade() throws NetworkDataStoreException {
    Path below = directory.resolve("a/b");
    assertTrue(new NetworkDataStore(below, "net", KEY).save(version(1)));
    assertEquals(Optional.of(version(1)), new NetworkDataStore(below, "net", KEY).load().data());
  }

  @Test
  void whatACrashBeforeTheRenameLeftOverIsIgnoredAndReplaced()
      throws NetworkDataStoreException, IOException {
    store.save(version(5));
    Path temporary = directory.resolve("net.bin.tmp");
    Files.write(temporary, Arrays.copyOf(version(6).octets(), 100));
    assertEquals(Optional.of(version(5)), reopened().load().data());

    assertTrue(reopened().save(version(7)));
    assertEquals(Optional.of(version(7)), reopened().load().data());
    assertEquals(List.of("net.bin"), files());
  }

  @Test
  void aLinkInPlaceOfTheTemporaryFileIsNotFollowed() throws NetworkDataStoreException, IOException {
    Path elsewhere = Files.writeString(directory.resolve("elsewhere"), "kept");
    Files.createSymbolicLink(directory.resolve("net.bin.tmp"), elsewhere);
    assertTrue(store.save(version(1)));
    assertEquals("kept", Files.readString(elsewhere));
    assertEquals(Optional.of(version(1)), store.load().data());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "truncated", "changed", "other key", "too long", "text"})
  void damagedFilesAreReportedAndKeptAsideWhenValidDataCome(String damage)
      throws NetworkDataStoreException, IOException {
    byte[] octets = damaged(damage);
    Files.write(store.file(), octets);
    Content content = store.load();
    assertEquals(Optional.empty(), content.data());
    String report = content.damage().orElseThrow();
    assertTrue(report.startsWith(store.file() + " has no valid data: "), report);
    assertEquals(1, report.lines().count());
    assertArrayEquals(octets, Files.readAllBytes(store.file()));

    assertTrue(store.save(version(1)));
    assertEquals(new Content(Optional.of(version(1)), Optional.empty()), reopened().load());
    assertArrayEquals(octets, Files.readAllBytes(directory.resolve("net.bin.damaged")));
    assertEquals(List.of("net.bin", "net.bin.damaged"), files());
  }

  private static byte[] damaged(String how) {
    byte[] octets = version(99).octets();
    return switch (how) {
      case "" -> new byte[0];
      case "truncated" -> Arrays.copyOf(octets, octets.length - 1);
      case "changed" -> {
        octets[octets.length - 3] ^= 1;
        yield octets;
      }
      case "other key" -> {
        byte[] other = new byte[32];
        other[0] = 1;
        yield SignedNetworkData.sign(other, 99, "{}").octets();
      }
      case "too long" -> Arrays.copyOf(octets, 10_000_000);
      default -> how.getBytes(StandardCharsets.UTF_8);
    };
  }

  @Test
  void aDirectoryInPlaceOfTheFileIsDamageToo() throws NetworkDataStoreException, IOException {
    Files.createDirectory(store.file());
    assertEquals(Optional.of(store.file() + " is not a regular file"), store.load().damage());
    assertTrue(store.save(version(1)));
    assertEquals(Optional.of(version(1)), reopened().load().data());
  }

  @Test
  void dataOfAnotherNetworkAreRefused() {
    byte[] other = new byte[32];
    other[0] = 1;
    assertThrows(
        IllegalArgumentException.class, () -> store.save(SignedNetworkData.sign(other, 99, "{}")));
  }

  @Test
  void aDirectoryThatCannotBeWrittenToIsToldInOneLine() throws IOException {
    Path readOnly = Files.createDirectory(directory.resolve("read-only"));
    Files.setPosixFilePermissions(readOnly, PosixFilePermissions.fromString("r-xr-xr-x"));
    assumeFalse(
        Files.isWritable(readOnly), "requires unprivileged: this user may write everywhere");
    NetworkDataStore closed = new NetworkDataStore(readOnly, "net", KEY);
    NetworkDataStoreException e =
        assertThrows(NetworkDataStoreException.class, () -> closed.save(version(1)));
    assertEquals("cannot write " + closed.file() + ": permission denied", e.getMessage());
  }

  @Test
  void aFileInPlaceOfTheDirectoryIsToldInOneLine() throws NetworkDataStoreException, IOException {
    Path file = Files.writeString(directory.resolve("file"), "");
    NetworkDataStore store = new NetworkDataStore(file, "net", KEY);
    NetworkDataStoreException e =
        assertThrows(NetworkDataStoreException.class, () -> store.save(version(1)));
    assertEquals(
        "cannot write " + store.file() + ": there is something else of this name", e.getMessage());
    assertEquals(0, e.getStackTrace().length);
  }

  @Test
  void aFailedWriteLeavesTheOldData() throws NetworkDataStoreException, IOException {
    store.save(version(1));
    // A directory that is not empty can neither be removed nor written to as a file.
    Files.createDirectories(directory.resolve("net.bin.tmp/x"));
    assertThrows(NetworkDataStoreException.class, () -> store.save(version(2)));
    assertEquals(Optional.of(version(1)), reopened().load().data());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "a/b", "/etc/passwd", "a\\b", "a\0b"})
  void namesThatCouldLeaveTheDirectoryAreRefused(String name) {
    assertThrows(IllegalArgumentException.class, () -> new NetworkDataStore(directory, name, KEY));
  }
}
