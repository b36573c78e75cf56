// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.weft.crypto.Blake2s;
import dev.weft.crypto.ChaCha20Poly1305;
import dev.weft.crypto.Kdf;
import dev.weft.crypto.Secrets;
import dev.weft.crypto.X25519;
import dev.weft.dataplane.userspace.device.Network.Node;
import dev.weft.peer.PresharedKey;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * A whole handshake computed a second time, in the notation of the whitepaper (C, H and kappa of WG
 * §5.4.2 and §5.4.3) over vector-tested primitives, and compared octet by octet with what two
 * devices sent.
 */
final class HandshakeDerivationTest {

  private static final byte[] EMPTY = {};

  private final Network network = new Network();
  private final Node initiator = network.node(1);
  private final Node responder = network.node(2);
  private final PresharedKey psk = PresharedKey.generate(new Network.SeededRandom(33));

  private byte[] c = hash(ascii("Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"));
  private byte[] h = hash(c, ascii("WireGuard v1 zx2c4 Jason@zx2c4.com"));

  @Test
  void everyOctetOnTheWireFollowsFromTheSpecification() throws Exception {
    initiator.apply(responder.peer(Optional.of(psk), Duration.ZERO));
    responder.apply(initiator.peer(Optional.of(psk), Duration.ZERO));
    byte[] packet = Packets.ipv4("10.0.0.1", "10.0.0.2", 13);
    initiator.send(packet);
    network.settle();

    // What the devices drew: an index, then an ephemeral key.
    Network.SeededRandom initiatorRandom = new Network.SeededRandom(1);
    int initiatorIndex = initiatorRandom.nextInt();
    byte[] ephemeralI = Secrets.generate(initiatorRandom);
    Network.SeededRandom responderRandom = new Network.SeededRandom(2);
    int responderIndex = responderRandom.nextInt();
    byte[] ephemeralR = Secrets.generate(responderRandom);

    byte[] staticI = initiator.key.octets();
    byte[] staticR = responder.key.octets();
    byte[] publicI = X25519.publicKey(staticI);
    byte[] publicR = X25519.publicKey(staticR);
    byte[] ephemeralPublicI = X25519.publicKey(ephemeralI);
    byte[] ephemeralPublicR = X25519.publicKey(ephemeralR);

    // WG §5.4.2
    h = hash(h, publicR);
    c = Kdf.kdf1(c, ephemeralPublicI);
    h = hash(h, ephemeralPublicI);
    byte[][] ck = Kdf.kdf2(c, X25519.multiply(ephemeralI, publicR));
    c = ck[0];
    byte[] encryptedStatic = aead(ck[1], 0, publicI, h);
    h = hash(h, encryptedStatic);
    ck = Kdf.kdf2(c, X25519.multiply(staticI, publicR));
    c = ck[0];
    // 2026-01-01T00:00:00Z: 1767225600 s after 1970, and 2^62 + 10.
    byte[] timestamp = HexFormat.of().parseHex("40000000" + "6955b90a" + "00000000");
    byte[] encryptedTimestamp = aead(ck[1], 0, timestamp, h);
    h = hash(h, encryptedTimestamp);
    byte[] initiation =
        message(148)
            .putInt(1)
            .putInt(initiatorIndex)
            .put(ephemeralPublicI)
            .put(encryptedStatic)
            .put(encryptedTimestamp)
            .array();
    addMac1(initiation, publicR);
    assertArrayEquals(initiation, network.wire.get(0).octets());

    // WG §5.4.3
    c = Kdf.kdf1(c, ephemeralPublicR);
    h = hash(h, ephemeralPublicR);
    c = Kdf.kdf1(c, X25519.multiply(ephemeralR, ephemeralPublicI));
    c = Kdf.kdf1(c, X25519.multiply(ephemeralR, publicI));
    byte[][] ctk = Kdf.kdf3(c, psk.octets());
    c = ctk[0];
    h = hash(h, ctk[1]);
    byte[] encryptedEmpty = aead(ctk[2], 0, EMPTY, h);
    byte[] response =
        message(92)
            .putInt(2)
            .putInt(responderIndex)
            .putInt(initiatorIndex)
            .put(ephemeralPublicR)
            .put(encryptedEmpty)
            .array();
    addMac1(response, publicI);
    assertArrayEquals(response, network.wire.get(1).octets());

    // WG §5.4.5, §5.4.6
    byte[][] keys = Kdf.kdf2(c, EMPTY);
    byte[] padded = Arrays.copyOf(packet, 48);
    byte[] sealed = aead(keys[0], 0, padded, EMPTY);
    byte[] data =
        message(16 + sealed.length).putInt(4).putInt(responderIndex).putLong(0).put(sealed).array();
    assertArrayEquals(data, network.wire.get(2).octets());

    responder.send(Packets.ipv4("10.0.0.2", "10.0.0.1", 1));
    byte[] answer = network.wire.get(3).octets();
    byte[] opened =
        ChaCha20Poly1305.open(
            keys[1],
            ChaCha20Poly1305.nonce(0),
            EMPTY,
            Arrays.copyOfRange(answer, 16, answer.length));
    assertEquals(32, opened.length);
  }

  private static ByteBuffer message(int length) {
    return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void addMac1(byte[] message, byte[] receiver) {
    int covered = message.length - 32;
    byte[] mac1 = Blake2s.mac(hash(ascii("mac1----"), receiver), message, 0, covered);
    System.arraycopy(mac1, 0, message, covered, 16);
  }

  private static byte[] aead(byte[] key, long counter, byte[] plaintext, byte[] associatedData) {
    return ChaCha20Poly1305.seal(key, ChaCha20Poly1305.nonce(counter), associatedData, plaintext);
  }

  private static byte[] hash(byte[]... inputs) {
    return Blake2s.hash(inputs);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
