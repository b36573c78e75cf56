// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.netdata;

import dev.weft.config.NetworkData;
import dev.weft.crypto.Ed25519;
import dev.weft.overlay.ConfigProblem;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.peer.AuthKey;
import dev.weft.pex.netdata.InvalidNetworkDataException.Outcome;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The data of a network, signed with its auth key: what hosts of a dynamic network keep and pass
 * on. Big-endian:
 *
 * <pre>
 *  offset size field
 *  0      4    magic "uNet"
 *  4      1    version, 0
 *  5      3    padding, sent as 0, neither signed nor checked
 *  8      64   Ed25519 signature over everything from offset 72 to the end
 *  72     8    time stamp: Unix seconds at signing, unsigned; "the version"
 *  80     32   auth public key
 *  112    4    flags, 0
 *  116    n    JSON text
 *  116+n  1    0
 * </pre>
 *
 * An object of this class was verified or signed here, so the signature is right; whether the text
 * is a document was looked at only when it was signed here. Immutable, thread-safe, equal by value.
 * Source: PEX §4.
 *
 * @since 0.1.0
 */
public final class SignedNetworkData {

  /** Octets that a node accepts at most, all of the layout included. PEX §4. */
  public static final int MAX_OCTETS = 131_072;

  private static final int MAGIC = 0x754e6574;
  private static final int VERSION = 4;
  private static final int SIGNATURE = 8;
  private static final int TIMESTAMP = SIGNATURE + Ed25519.SIGNATURE_LENGTH;
  private static final int AUTH_KEY = TIMESTAMP + Long.BYTES;
  private static final int FLAGS = AUTH_KEY + AuthKey.LENGTH;
  private static final int JSON = FLAGS + Integer.BYTES;
  private static final int TERMINATOR_LENGTH = 1;

  private static final String WHAT = "the network data";

  private final byte[] octets;
  private final AuthKey authKey;

  private SignedNetworkData(byte[] octets, AuthKey authKey) {
    this.octets = octets;
    this.authKey = authKey;
  }

  /**
   * Verifies data of any network, strictly by RFC 8032: a scalar not below the group order is
   * refused.
   *
   * @param blob copied
   * @throws InvalidNetworkDataException if they are not valid
   */
  public static SignedNetworkData verify(byte[] blob) throws InvalidNetworkDataException {
    return verify(blob, Optional.empty());
  }

  /**
   * Verifies data of the network with this key.
   *
   * @param blob copied
   * @throws InvalidNetworkDataException if they are not valid, or of another network
   */
  public static SignedNetworkData verify(byte[] blob, AuthKey expected)
      throws InvalidNetworkDataException {
    return verify(blob, Optional.of(expected));
  }

  /**
   * Verifies data, of the network with the expected key if there is one.
   *
   * @param blob copied
   * @throws InvalidNetworkDataException if they are not valid, or of another network
   */
  public static SignedNetworkData verify(byte[] blob, Optional<AuthKey> expected)
      throws InvalidNetworkDataException {
    requireLayout(blob);
    AuthKey authKey = AuthKey.of(Arrays.copyOfRange(blob, AUTH_KEY, FLAGS));
    if (expected.isPresent() && !expected.get().equals(authKey)) {
      throw new InvalidNetworkDataException(
          Outcome.KEY_MISMATCH, "signed with the key " + authKey + ", not " + expected.get());
    }
    byte[] octets = blob.clone();
    if (!Ed25519.verify(
        authKey.octets(),
        Arrays.copyOfRange(octets, TIMESTAMP, octets.length),
        Arrays.copyOfRange(octets, SIGNATURE, TIMESTAMP))) {
      throw new InvalidNetworkDataException(
          Outcome.BAD_SIGNATURE, "the signature is not one of the key " + authKey);
    }
    if (octets[octets.length - 1] != 0) {
      throw new InvalidNetworkDataException(Outcome.KEY_MISMATCH, "the last octet is not 0");
    }
    return new SignedNetworkData(octets, authKey);
  }

  private static void requireLayout(byte[] blob) throws InvalidNetworkDataException {
    if (blob.length <= JSON || blob.length > MAX_OCTETS) {
      throw malformed(blob.length + " octets, not " + (JSON + 1) + " to " + MAX_OCTETS);
    }
    ByteBuffer buffer = ByteBuffer.wrap(blob);
    if (buffer.getInt(0) != MAGIC) {
      throw malformed("does not begin as signed network data do");
    }
    if (buffer.get(VERSION) != 0) {
      throw malformed("format " + Byte.toUnsignedInt(buffer.get(VERSION)) + ", not 0");
    }
    if (buffer.getInt(FLAGS) != 0) {
      throw malformed("unknown flags");
    }
    if (buffer.getLong(TIMESTAMP) == 0) {
      throw malformed("no time stamp");
    }
  }

  private static InvalidNetworkDataException malformed(String message) {
    return new InvalidNetworkDataException(Outcome.MALFORMED, message);
  }

  /**
   * Signs a document. The same arguments give the same octets. The document is parsed first, since
   * a node that loads signed text which is no document has no network until newer data arrive.
   *
   * @param seed the auth key's Ed25519 seed, 32 octets; not kept
   * @param version Unix seconds, unsigned; higher than that of all data signed before
   * @param json the document, signed as it is
   * @throws InvalidConfigurationException if the text is no JSON object, begins with a byte order
   *     mark, is not representable as UTF-8, or would exceed {@link #MAX_OCTETS}
   * @throws IllegalArgumentException if the version is 0 or the seed does not have 32 octets
   */
  public static SignedNetworkData sign(byte[] seed, long version, String json) {
    if (version == 0) {
      throw new IllegalArgumentException("version 0 means no data");
    }
    NetworkData data = NetworkData.parse(json);
    byte[] text = utf8(json);
    int length = JSON + text.length + TERMINATOR_LENGTH;
    if (length > MAX_OCTETS) {
      throw tooLarge(length, data);
    }
    AuthKey authKey = AuthKey.of(Ed25519.publicKey(seed));
    byte[] octets =
        ByteBuffer.allocate(length)
            .putInt(0, MAGIC)
            .putLong(TIMESTAMP, version)
            .put(AUTH_KEY, authKey.octets())
            .put(JSON, text)
            .array();
    byte[] signature = Ed25519.sign(seed, Arrays.copyOfRange(octets, TIMESTAMP, length));
    System.arraycopy(signature, 0, octets, SIGNATURE, signature.length);
    return new SignedNetworkData(octets, authKey);
  }

  /** The text as it is signed; what readers of network data stumble over is refused. */
  private static byte[] utf8(String json) {
    if (json.startsWith("\ufeff")) {
      throw problem("a byte order mark", "a document that begins with a brace");
    }
    try {
      ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(json));
      byte[] octets = new byte[encoded.remaining()];
      encoded.get(octets);
      return octets;
    } catch (CharacterCodingException e) {
      throw problem("half of a character pair", "text that is valid Unicode");
    }
  }

  private static InvalidConfigurationException tooLarge(int length, NetworkData data) {
    StringBuilder found = new StringBuilder().append(length).append(" octets when signed");
    int hosts = data.hosts().size();
    if (hosts > 0) {
      NetworkData without = new NetworkData(data.config(), List.of(), data.services());
      int rest = JSON + utf8(without.toJson()).length + TERMINATOR_LENGTH;
      int perHost = Math.max(Math.ceilDiv(length - rest, hosts), 1);
      found
          .append(", about ")
          .append(perHost)
          .append(" for each of ")
          .append(hosts)
          .append(" hosts, of which about ")
          .append(Math.clamp((MAX_OCTETS - rest) / perHost, 0, hosts - 1))
          .append(" fit");
    }
    int compact = JSON + utf8(data.toJson()).length + TERMINATOR_LENGTH;
    if (compact <= MAX_OCTETS) {
      found.append("; all fit without white space and unknown members, in ").append(compact);
    }
    return problem(found.toString(), MAX_OCTETS + " octets at most");
  }

  private static InvalidConfigurationException problem(String found, String allowed) {
    return new InvalidConfigurationException(WHAT, List.of(new ConfigProblem("", found, allowed)));
  }

  /** The time stamp, Unix seconds at signing; unsigned. Higher ones replace lower ones. */
  public long version() {
    return ByteBuffer.wrap(octets).getLong(TIMESTAMP);
  }

  /** Whether these are newer than data of a version; 0 is no data. Unsigned. */
  public boolean isNewerThan(long other) {
    return Long.compareUnsigned(version(), other) > 0;
  }

  /** The key that they are signed with. */
  public AuthKey authKey() {
    return authKey;
  }

  /**
   * The text up to its first zero octet, as a reader sees it. May be empty and need not be a
   * document; octets that are not UTF-8 are replaced.
   */
  public String json() {
    int end = JSON;
    while (octets[end] != 0) {
      end++;
    }
    return new String(octets, JSON, end - JSON, StandardCharsets.UTF_8);
  }

  /** A copy of all octets, as they are stored and sent. */
  public byte[] octets() {
    return octets.clone();
  }

  /** The number of octets. */
  public int length() {
    return octets.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SignedNetworkData data && Arrays.equals(octets, data.octets);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(octets);
  }

  /** Version, key and length, for logs. */
  @Override
  public String toString() {
    return "SignedNetworkData[version="
        + Long.toUnsignedString(version())
        + ", authKey="
        + authKey
        + ", octets="
        + octets.length
        + "]";
  }
}
