// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import dev.weft.config.NetworkData;
import dev.weft.crypto.Ed25519;
import dev.weft.crypto.PassphraseSecrets;
import dev.weft.crypto.Secrets;
import dev.weft.crypto.X25519;
import dev.weft.peer.PrivateKey;
import java.io.Console;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Secrets and their public keys. One form of secret serves hosts and networks. PEX §2. */
final class PexToolKeys {

  private PexToolKeys() {}

  /** A secret that is printed, since that is the job, or written to a file. */
  abstract static class SecretCommand extends PexToolCommand {

    @Option(
        names = {"-o", "--output"},
        paramLabel = "FILE",
        description = "writes the secret to a new file that only its owner can read")
    private @Nullable Path output;

    @Override
    final void run() throws IOException {
      byte[] secret = secret();
      try {
        if (output == null) {
          out().println(Base64.getEncoder().encodeToString(secret));
        } else {
          SecretFiles.write(output, secret);
        }
      } finally {
        Secrets.erase(secret);
      }
    }

    abstract byte[] secret() throws IOException;
  }

  /** Random secrets. */
  @Command(
      name = "genkey",
      description = "Makes a random secret: of a host, or of a network (auth key).")
  static final class GenKey extends SecretCommand {
    @Override
    byte[] secret() {
      PrivateKey key = PrivateKey.generate();
      try {
        return key.octets();
      } finally {
        key.destroy();
      }
    }
  }

  /** Secrets from passphrases. */
  @Command(
      name = "passphrase",
      description = {
        "Makes a secret from a passphrase of 12 to 255 octets. It is asked for on a terminal;"
            + " otherwise all of standard input is it, a final newline included.",
        "Random secrets are safer: the derivation has few rounds and is no standard."
      })
  static final class Passphrase extends SecretCommand {

    @Option(
        names = {"-s", "--seed"},
        paramLabel = "ROUNDS,SALT",
        description = "for example 10000,00112233; the whole text goes into the secret")
    private @Nullable String seed;

    @Option(
        names = "--network",
        paramLabel = "NET.json",
        description = "takes rounds and salt from the config section of this document")
    private @Nullable Path network;

    @Option(
        names = {"-x", "--xor"},
        paramLabel = "FILE",
        description = "an additional secret that is combined with the one of the passphrase")
    private @Nullable Path xor;

    @Override
    byte[] secret() throws IOException {
      String option = option();
      byte[] passphrase = passphrase();
      try {
        byte[] secret = PassphraseSecrets.derive(option, passphrase);
        return xor == null ? secret : combined(secret, SecretFiles.read(xor, this::warn));
      } catch (IllegalArgumentException e) {
        throw Failure.wrongInput(String.valueOf(e.getMessage()));
      } finally {
        Secrets.erase(passphrase);
      }
    }

    private String option() throws IOException {
      if ((seed == null) == (network == null)) {
        throw Failure.wrongInput("give either --seed or --network");
      }
      if (seed != null) {
        return seed;
      }
      NetworkData.Settings settings = NetworkDocument.read(network).data().config();
      if (settings.salt().isEmpty()) {
        throw Failure.wrongInput(network + ": its config section has no salt");
      }
      int rounds = settings.rounds().orElse(PassphraseSecrets.DEFAULT_ROUNDS);
      return rounds + "," + settings.salt().get();
    }

    private static byte[] passphrase() throws IOException {
      // Whether there is a console without a terminal differs between releases of the JDK.
      Optional<Console> terminal =
          Optional.ofNullable(System.console()).filter(Console::isTerminal);
      return terminal.isPresent()
          ? ask(terminal.get())
          : System.in.readNBytes(PassphraseSecrets.MAX_PASSPHRASE_LENGTH + 1);
    }

    private static byte[] ask(Console console) {
      char[] first = console.readPassword("Passphrase: ");
      char[] second = console.readPassword("Again: ");
      if (first == null || second == null || !Arrays.equals(first, second)) {
        throw Failure.wrongInput("the two passphrases differ");
      }
      ByteBuffer encoded = StandardCharsets.UTF_8.encode(CharBuffer.wrap(first));
      byte[] octets = new byte[encoded.remaining()];
      encoded.get(octets);
      Arrays.fill(first, '\0');
      Arrays.fill(second, '\0');
      return octets;
    }
  }

  /** Public keys of secrets. */
  @Command(
      name = "pubkey",
      description = "Prints the public key of a secret: of a host, or with --auth of a network.")
  static final class PubKey extends PexToolCommand {

    @Parameters(
        arity = "0..1",
        paramLabel = "FILE",
        description = "the file with the secret (default: standard input)")
    private @Nullable Path file;

    @Option(names = "--auth", description = "the key that network data are signed with (Ed25519)")
    private boolean auth;

    @Option(
        names = {"-x", "--xor"},
        paramLabel = "FILE",
        description = "an additional secret that is combined with the first")
    private @Nullable Path xor;

    @Override
    void run() throws IOException {
      byte[] secret =
          file == null
              ? SecretFiles.read(System.in, "standard input")
              : SecretFiles.read(file, this::warn);
      if (xor != null) {
        secret = combined(secret, SecretFiles.read(xor, this::warn));
      }
      byte[] key = auth ? Ed25519.publicKey(secret) : X25519.publicKey(secret);
      Secrets.erase(secret);
      out().println(Base64.getEncoder().encodeToString(key));
    }
  }

  /** Both secrets in one; both are erased. PEX §2.2. */
  static byte[] combined(byte[] secret, byte[] other) {
    byte[] both = Secrets.xor(secret, other);
    Secrets.erase(secret, other);
    return both;
  }
}
