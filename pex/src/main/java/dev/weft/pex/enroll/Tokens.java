// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import dev.weft.crypto.ChaCha20;
import dev.weft.crypto.ConstantTime;
import dev.weft.crypto.HmacSha512;
import dev.weft.crypto.Secrets;
import dev.weft.crypto.Sha512;
import dev.weft.crypto.X25519;
import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.ServiceDefinition;
import dev.weft.peer.PeerId;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.enroll.InvalidTokenException.Reason;
import dev.weft.spi.RandomSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Opaque texts that one host of a network makes for another: only that one can read it, and knows
 * who made it. Thread-safe. Source: PEX §14.
 *
 * <pre>
 * 0  8  the source's peer id
 * 8  8  salt, random for each instance of this class
 * 16 8  nonce, counts from 0; little-endian, as on the recorded machine, though its reader may use
 *       any order
 * 24 32 hmac of the ciphertext
 * 56 …  ciphertext
 * </pre>
 *
 * <p>Neither age nor reuse is checked: {@link TokenContent#ageSeconds} and {@link Token#id} are for
 * callers that must. The key of a token is the same in both directions, so that a carrier could
 * show a token to its maker as one of its target's; an instance refuses that for the tokens it made
 * itself, but one that was started anew cannot know.
 *
 * @since 0.1.0
 */
public final class Tokens {

  /** The most characters of a token. */
  public static final int MAX_LENGTH = 1 << 14;

  private static final int SALT = PeerId.LENGTH;
  private static final int SALT_LENGTH = 8;
  private static final int NONCE = SALT + SALT_LENGTH;
  private static final int HMAC = NONCE + ChaCha20.NONCE_LENGTH;
  private static final int HMAC_LENGTH = 32;
  private static final int CIPHERTEXT = HMAC + HMAC_LENGTH;

  private final PrivateKey privateKey;
  private final PublicKey publicKey;
  private final byte[] salt = new byte[SALT_LENGTH];
  private final AtomicLong counter = new AtomicLong();

  /**
   * For one host.
   *
   * @param privateKey the host's WireGuard key; not copied, the caller destroys it
   * @param random 8 octets are taken for the salt
   */
  public Tokens(PrivateKey privateKey, RandomSource random) {
    this.privateKey = privateKey;
    publicKey = privateKey.publicKey();
    random.nextBytes(salt);
  }

  /**
   * Makes a token.
   *
   * @param network the network's data
   * @param target the name of the host that is to read it
   * @return base64
   * @throws IllegalArgumentException if there is no such host, this or that host is no member of
   *     the content's service, or the token would be too long
   */
  public String create(NetworkRevision network, String target, TokenContent content) {
    Host reader =
        network
            .host(target)
            .orElseThrow(
                () -> new IllegalArgumentException("target: the network has no host " + target));
    if (!isForMembers(network, content, reader)) {
      throw new IllegalArgumentException(
          "service: this host and " + target + " are not both members of it");
    }
    byte[] data = Blobmsg.encodeWithHead(content.toTable());
    byte[] key =
        key(reader.key(), salt)
            .orElseThrow(() -> new IllegalArgumentException("target: its key is of low order"));
    byte[] nonce =
        ByteBuffer.allocate(ChaCha20.NONCE_LENGTH)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(counter.getAndIncrement())
            .array();
    try {
      xor(key, nonce, data);
      byte[] token =
          ByteBuffer.allocate(CIPHERTEXT + data.length)
              .put(publicKey.peerId().octets())
              .put(salt)
              .put(nonce)
              .put(hmac(key, data))
              .put(data)
              .array();
      String text = Base64.getEncoder().encodeToString(token);
      if (text.length() > MAX_LENGTH) {
        throw new IllegalArgumentException(
            "data: the token would have " + text.length() + " characters, over " + MAX_LENGTH);
      }
      return text;
    } finally {
      Secrets.erase(key);
    }
  }

  /**
   * Reads a token made for this host.
   *
   * @param network the network's data, which know the source
   * @throws InvalidTokenException if it is none
   */
  public Token parse(NetworkRevision network, String text) throws InvalidTokenException {
    byte[] token = decode(text);
    Host source =
        source(network, PeerId.of(token))
            .orElseThrow(() -> new InvalidTokenException(Reason.UNKNOWN_SOURCE));
    byte[] itsSalt = Arrays.copyOfRange(token, SALT, NONCE);
    if (Arrays.equals(itsSalt, salt) && !source.key().equals(publicKey)) {
      throw new InvalidTokenException(Reason.REFLECTED);
    }
    byte[] data = Arrays.copyOfRange(token, CIPHERTEXT, token.length);
    byte[] key =
        key(source.key(), itsSalt).orElseThrow(() -> new InvalidTokenException(Reason.MAC));
    try {
      if (!ConstantTime.equals(hmac(key, data), Arrays.copyOfRange(token, HMAC, CIPHERTEXT))) {
        throw new InvalidTokenException(Reason.MAC);
      }
      xor(key, Arrays.copyOfRange(token, NONCE, HMAC), data);
    } finally {
      Secrets.erase(key);
    }
    TokenContent content = content(data);
    if (!isForMembers(network, content, source)) {
      throw new InvalidTokenException(Reason.NOT_MEMBER);
    }
    return new Token(source, HexFormat.of().formatHex(token, SALT, HMAC), content);
  }

  private static byte[] decode(String text) throws InvalidTokenException {
    if (text.length() > MAX_LENGTH) {
      throw new InvalidTokenException(Reason.LENGTH);
    }
    byte[] token;
    try {
      token = Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new InvalidTokenException(Reason.BASE64);
    }
    if (token.length <= CIPHERTEXT) {
      throw new InvalidTokenException(Reason.LENGTH);
    }
    return token;
  }

  /** The host with an id; of several the one with the smallest key, as everywhere. PEX §5. */
  private static Optional<Host> source(NetworkRevision network, PeerId id) {
    return network.hosts().stream()
        .filter(host -> host.key().peerId().equals(id))
        .min(Comparator.comparing(Host::key));
  }

  /** The nonce is under no MAC, so that decryption may end in anything. */
  private static TokenContent content(byte[] data) throws InvalidTokenException {
    try {
      return TokenContent.fromTable(Blobmsg.decodeWithHead(data))
          .orElseThrow(() -> new InvalidTokenException(Reason.CONTENT));
    } catch (MalformedBlobException e) {
      throw new InvalidTokenException(Reason.CONTENT);
    }
  }

  private boolean isForMembers(NetworkRevision network, TokenContent content, Host other) {
    if (content.service().isEmpty()) {
      return true;
    }
    String name = content.service().get();
    Optional<ServiceDefinition> service =
        network.services().stream().filter(s -> s.name().equals(name)).findFirst();
    Optional<Host> own = network.host(publicKey);
    return service.isPresent()
        && own.isPresent()
        && service.get().members().contains(own.get().name())
        && service.get().members().contains(other.name());
  }

  /** K, 64 octets for the caller to erase. */
  private Optional<byte[]> key(PublicKey other, byte[] itsSalt) {
    byte[] scalar = privateKey.octets();
    byte[] shared = new byte[X25519.LENGTH];
    try {
      return X25519.agree(scalar, other.octets(), shared)
          ? Optional.of(Sha512.hash(shared, itsSalt))
          : Optional.empty();
    } finally {
      Secrets.erase(scalar, shared);
    }
  }

  private static byte[] hmac(byte[] key, byte[] data) {
    return Arrays.copyOf(HmacSha512.hmac(key, data), HMAC_LENGTH);
  }

  private static void xor(byte[] key, byte[] nonce, byte[] data) {
    byte[] chachaKey = Arrays.copyOf(key, ChaCha20.KEY_LENGTH);
    ChaCha20.xor(chachaKey, nonce, data);
    Secrets.erase(chachaKey);
  }
}
