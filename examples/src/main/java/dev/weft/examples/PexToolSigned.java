// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import dev.weft.config.NetworkData;
import dev.weft.crypto.Ed25519;
import dev.weft.crypto.Secrets;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.peer.AuthKey;
import dev.weft.pex.netdata.InvalidNetworkDataException;
import dev.weft.pex.netdata.SignedNetworkData;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Signed data. PEX §4. */
final class PexToolSigned {

  private static final byte[] MAGIC = "uNet".getBytes(StandardCharsets.US_ASCII);
  private static final long DAY_SECONDS = 86_400;

  private PexToolSigned() {}

  /** Signs documents. */
  @Command(
      name = "sign",
      description = {
        "Signs a document with the network's secret.",
        "The version is the time in seconds, or one more than that of the file it replaces."
      })
  static final class Sign extends PexToolCommand {

    @Parameters(paramLabel = "NET.json", description = "the document")
    private @Nullable Path file;

    @Option(
        names = {"-k", "--key"},
        required = true,
        paramLabel = "FILE",
        description = "the file with the network's secret")
    private @Nullable Path key;

    @Option(
        names = {"-x", "--xor"},
        paramLabel = "FILE",
        description = "an additional secret that is combined with the first")
    private @Nullable Path xor;

    @Option(
        names = {"-o", "--output"},
        required = true,
        paramLabel = "NET.bin",
        description = "the file to write; older data of the same network in it are replaced")
    private @Nullable Path output;

    @Option(
        names = "--version",
        paramLabel = "SECONDS",
        description = "the version; nodes take only higher ones than they have")
    private @Nullable String version;

    @Option(
        names = "--compact",
        description = "signs the document without its white space; nodes take 131,072 octets")
    private boolean compact;

    @Override
    void run() throws IOException {
      Path source = PexToolNetwork.required(file);
      Path target = PexToolNetwork.required(output);
      String json = compact ? NetworkDocument.compact(source) : NetworkDocument.text(source);
      byte[] seed = SecretFiles.read(PexToolNetwork.required(key), this::warn);
      if (xor != null) {
        seed = PexToolKeys.combined(seed, SecretFiles.read(xor, this::warn));
      }
      try {
        AuthKey authKey = AuthKey.of(Ed25519.publicKey(seed));
        NetworkData.Reading reading = NetworkDocument.read(source);
        reading.warnings().forEach(warning -> warn(source + ": " + warning));
        long number = version(previous(target, authKey));
        SignedNetworkData data = SignedNetworkData.sign(seed, number, json);
        NetworkDocument.replace(target, data.octets());
        out()
            .println(
                "signed version "
                    + Long.toUnsignedString(data.version())
                    + " with "
                    + data.authKey()
                    + ": "
                    + data.length()
                    + " octets, "
                    + reading.data().hosts().size()
                    + " hosts");
      } catch (InvalidConfigurationException e) {
        throw Failure.wrongInput(source + ": " + oneLine(e));
      } finally {
        Secrets.erase(seed);
      }
    }

    /** The version of the data that are replaced; 0 if there are none. */
    private static long previous(Path target, AuthKey authKey) throws IOException {
      if (!Files.exists(target)) {
        return 0;
      }
      SignedNetworkData old;
      try {
        old = SignedNetworkData.verify(octets(target), authKey);
      } catch (InvalidNetworkDataException e) {
        throw Failure.wrongInput(
            target + ": not replaced, since it is no data of this network: " + e.getMessage());
      }
      return old.version();
    }

    private long version(long previous) {
      long now = Instant.now().getEpochSecond();
      long number;
      if (version == null) {
        number = Long.compareUnsigned(previous, now) < 0 ? now : previous + 1;
      } else {
        try {
          number = Long.parseUnsignedLong(version);
        } catch (NumberFormatException e) {
          throw Failure.wrongInput("--version: a whole number of seconds");
        }
      }
      if (Long.compareUnsigned(number, previous) <= 0) {
        throw Failure.wrongInput(
            "--version: not above " + Long.toUnsignedString(previous) + ", which it replaces");
      }
      if (Long.compareUnsigned(number, now + DAY_SECONDS) > 0) {
        warn(
            "version "
                + Long.toUnsignedString(number)
                + " is in the future; nodes will refuse everything below it");
      }
      return number;
    }
  }

  /** Verifies signed data. */
  @Command(name = "verify", description = "Verifies signed data and tells what they are.")
  static final class Verify extends PexToolCommand {

    @Parameters(paramLabel = "NET.bin", description = "the signed data")
    private @Nullable Path file;

    @Option(
        names = {"-k", "--auth-key"},
        paramLabel = "KEY",
        description = "the expected auth public key, or a file with it (default: any)")
    private @Nullable String authKey;

    @Option(names = "--json", description = "prints one line of JSON")
    private boolean json;

    @Override
    void run() throws IOException {
      SignedNetworkData data = read(PexToolNetwork.required(file), authKey);
      NetworkData document = document(PexToolNetwork.required(file), data);
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("valid", true);
      values.put("version", Long.toUnsignedString(data.version()));
      values.put("auth-key", data.authKey().toString());
      values.put("octets", data.length());
      values.put("hosts", document.hosts().size());
      values.put("services", document.services().size());
      print(
          json,
          values,
          String.format(
              Locale.ROOT,
              "valid: version %s, auth key %s, %d octets, %d hosts, %d services",
              Long.toUnsignedString(data.version()),
              data.authKey(),
              data.length(),
              document.hosts().size(),
              document.services().size()));
    }

    private static NetworkData document(Path file, SignedNetworkData data) {
      try {
        return NetworkData.parse(data.json());
      } catch (InvalidConfigurationException e) {
        throw new Failure(
            Examples.FAILED,
            file + ": the signature is valid, but nodes cannot load this: " + oneLine(e));
      }
    }
  }

  /** Shows the text of signed data. */
  @Command(name = "dump", description = "Verifies signed data and prints their document.")
  static final class Dump extends PexToolCommand {

    @Parameters(paramLabel = "NET.bin", description = "the signed data")
    private @Nullable Path file;

    @Option(
        names = {"-k", "--auth-key"},
        paramLabel = "KEY",
        description = "the expected auth public key, or a file with it (default: any)")
    private @Nullable String authKey;

    @Option(
        names = {"-o", "--output"},
        paramLabel = "NET.json",
        description = "writes the document to a file")
    private @Nullable Path output;

    @Override
    void run() throws IOException {
      String json = read(PexToolNetwork.required(file), authKey).json();
      if (output != null) {
        NetworkDocument.replace(output, json.getBytes(StandardCharsets.UTF_8));
      } else {
        out().print(json.endsWith("\n") ? json : json + "\n");
      }
    }
  }

  /** The octets of a file, at most one more than signed data may have. */
  static byte[] octets(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw Failure.wrongInput(file + ": there is no such file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(SignedNetworkData.MAX_OCTETS + 1);
    }
  }

  /** Valid data of a file. */
  static SignedNetworkData read(Path file, @Nullable String expectedKey) throws IOException {
    byte[] octets = octets(file);
    try {
      return expectedKey == null
          ? SignedNetworkData.verify(octets)
          : SignedNetworkData.verify(octets, SecretFiles.authKey(expectedKey));
    } catch (InvalidNetworkDataException e) {
      throw new Failure(Examples.FAILED, file + ": not valid: " + e.getMessage());
    }
  }

  /** Valid data of a file, unless it is something else. */
  static Optional<SignedNetworkData> readIfSigned(Path file) throws IOException {
    byte[] octets = octets(file);
    return octets.length >= MAGIC.length
            && Arrays.equals(octets, 0, MAGIC.length, MAGIC, 0, MAGIC.length)
        ? Optional.of(read(file, null))
        : Optional.empty();
  }
}
