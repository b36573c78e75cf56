// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.spi.AeadProvider;
import dev.weft.spi.TransportAead;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class AeadProperties {

  private static final List<AeadProvider> PROVIDERS =
      List.of(new JdkAeadProvider(), new BouncyCastleAeadProvider());

  private static final int TAG_LENGTH = TransportAead.TAG_LENGTH;

  @Property(tries = 300)
  void opensWhatItSealsInPlaceAndOutOfPlace(
      @ForAll @Size(32) byte[] key,
      @ForAll long counter,
      @ForAll @Size(max = 300) byte[] plaintext,
      @ForAll @IntRange(max = 50) int offset) {
    byte[] expected =
        ChaCha20Poly1305.seal(key, ChaCha20Poly1305.nonce(counter), new byte[0], plaintext);
    int length = plaintext.length;
    for (AeadProvider provider : PROVIDERS) {
      byte[] array = new byte[offset + length + TAG_LENGTH];
      System.arraycopy(plaintext, 0, array, offset, length);
      MemorySegment packet = MemorySegment.ofArray(array);
      byte[] other = new byte[length + TAG_LENGTH];
      try (TransportAead inPlace = provider.create(key);
          TransportAead outOfPlace = provider.create(key)) {
        outOfPlace.seal(counter, packet, offset, length, MemorySegment.ofArray(other), 0);
        inPlace.seal(counter, packet, offset, length, packet, offset);
        assertArrayEquals(expected, other);
        assertArrayEquals(expected, Arrays.copyOfRange(array, offset, array.length));
        assertTrue(
            outOfPlace.open(
                counter, packet, offset, length + TAG_LENGTH, MemorySegment.ofArray(other), 0));
        assertTrue(inPlace.open(counter, packet, offset, length + TAG_LENGTH, packet, offset));
        assertArrayEquals(plaintext, Arrays.copyOf(other, length));
        assertArrayEquals(plaintext, Arrays.copyOfRange(array, offset, offset + length));
      }
    }
  }

  @Property(tries = 300)
  void anyFlippedBitOfPacketOrCounterIsRefused(
      @ForAll @Size(32) byte[] key,
      @ForAll long counter,
      @ForAll @Size(max = 100) byte[] plaintext,
      @ForAll @IntRange(max = 100_000) int position) {
    byte[] sealed =
        ChaCha20Poly1305.seal(key, ChaCha20Poly1305.nonce(counter), new byte[0], plaintext);
    int bits = Byte.SIZE * sealed.length + Long.SIZE;
    int bit = position % bits;
    long changedCounter = counter;
    if (bit < Byte.SIZE * sealed.length) {
      flip(sealed, bit);
    } else {
      changedCounter ^= 1L << (bit - Byte.SIZE * sealed.length);
    }
    MemorySegment packet = MemorySegment.ofArray(sealed);
    for (AeadProvider provider : PROVIDERS) {
      try (TransportAead aead = provider.create(key)) {
        assertFalse(aead.open(changedCounter, packet, 0, sealed.length, packet, 0));
      }
    }
  }

  @Property(tries = 300)
  void anyFlippedBitIsRefusedOnTheControlPath(
      @ForAll @Size(32) byte[] key,
      @ForAll @Size(24) byte[] nonce,
      @ForAll @Size(max = 20) byte[] associatedData,
      @ForAll @Size(max = 60) byte[] plaintext,
      @ForAll @IntRange(max = 100_000) int position)
      throws AuthenticationFailedException {
    byte[] sealed = XChaCha20Poly1305.seal(key, nonce, associatedData, plaintext);
    assertArrayEquals(plaintext, XChaCha20Poly1305.open(key, nonce, associatedData, sealed));
    byte[][] inputs = {key, nonce, associatedData, sealed};
    int bit = position % (Byte.SIZE * (32 + 24 + associatedData.length + sealed.length));
    for (byte[] input : inputs) {
      if (bit >= 0 && bit < Byte.SIZE * input.length) {
        flip(input, bit);
      }
      bit -= Byte.SIZE * input.length;
    }
    assertThrows(
        AuthenticationFailedException.class,
        () -> XChaCha20Poly1305.open(key, nonce, associatedData, sealed));
  }

  @Property(tries = 100)
  void anyFlippedBitOfASignatureOrMessageIsRefused(
      @ForAll @Size(32) byte[] seed,
      @ForAll @Size(max = 60) byte[] message,
      @ForAll @IntRange(max = 100_000) int position) {
    byte[] publicKey = Ed25519.publicKey(seed);
    byte[] signature = Ed25519.sign(seed, message);
    assertTrue(Ed25519.verify(publicKey, message, signature));
    int bit = position % (Byte.SIZE * (signature.length + message.length));
    if (bit < Byte.SIZE * signature.length) {
      flip(signature, bit);
    } else {
      flip(message, bit - Byte.SIZE * signature.length);
    }
    assertFalse(Ed25519.verify(publicKey, message, signature));
  }

  private static void flip(byte[] octets, int bit) {
    octets[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
  }
}
