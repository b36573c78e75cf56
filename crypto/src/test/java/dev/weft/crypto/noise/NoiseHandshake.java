// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.noise;

import dev.weft.crypto.AuthenticationFailedException;
import dev.weft.crypto.X25519;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One side of a handshake by token lists, for the vectors only: two messages, and a responder whose
 * static key the initiator knows. Source: Noise §5.3, §7.5 and §9.
 */
final class NoiseHandshake {

  private enum Token {
    E,
    S,
    EE,
    ES,
    SE,
    SS,
    PSK
  }

  private final boolean initiator;
  private final SymmetricState symmetric;
  private final List<List<Token>> messages = new ArrayList<>();
  private final boolean withPsk;
  private final byte[] psk;
  private final byte[] staticKey;
  private final byte[] ephemeralKey;
  private byte @Nullable [] remoteStatic;
  private byte @Nullable [] remoteEphemeral;

  /** For the responder, {@code remoteStatic} is null. */
  NoiseHandshake(
      String protocolName,
      byte[] prologue,
      byte[] staticKey,
      byte[] ephemeralKey,
      byte @Nullable [] remoteStatic,
      byte[] psk) {
    this.initiator = remoteStatic != null;
    this.symmetric = SymmetricState.initializeSymmetric(protocolName);
    this.staticKey = staticKey;
    this.ephemeralKey = ephemeralKey;
    this.remoteStatic = remoteStatic;
    this.psk = psk;
    String pattern = protocolName.split("_", -1)[1];
    this.withPsk = pattern.contains("psk");
    List<Token> first = new ArrayList<>();
    List<Token> second = new ArrayList<>();
    if (pattern.startsWith("IK1")) {
      first.addAll(List.of(Token.E, Token.S));
      second.addAll(List.of(Token.E, Token.EE, Token.SE, Token.ES));
    } else {
      first.addAll(List.of(Token.E, Token.ES, Token.S, Token.SS));
      second.addAll(List.of(Token.E, Token.EE, Token.SE));
    }
    if (pattern.endsWith("psk1")) {
      first.add(Token.PSK);
    } else if (pattern.endsWith("psk2")) {
      second.add(Token.PSK);
    }
    messages.add(first);
    messages.add(second);
    symmetric.mixHash(prologue);
    symmetric.mixHash(remoteStatic != null ? remoteStatic : X25519.publicKey(staticKey));
  }

  byte[] writeMessage(byte[] payload) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (Token token : messages.removeFirst()) {
      switch (token) {
        case E -> {
          byte[] ephemeral = X25519.publicKey(ephemeralKey);
          out.writeBytes(ephemeral);
          mixEphemeral(ephemeral);
        }
        case S -> out.writeBytes(symmetric.encryptAndHash(X25519.publicKey(staticKey)));
        case EE, ES, SE, SS, PSK -> mix(token);
      }
    }
    out.writeBytes(symmetric.encryptAndHash(payload));
    return out.toByteArray();
  }

  byte[] readMessage(byte[] message) throws AuthenticationFailedException {
    int position = 0;
    for (Token token : messages.removeFirst()) {
      switch (token) {
        case E -> {
          byte[] ephemeral = Arrays.copyOfRange(message, position, position + 32);
          position += 32;
          remoteEphemeral = ephemeral;
          mixEphemeral(ephemeral);
        }
        case S -> {
          int length = 32 + (symmetric.hasKey() ? CipherState.TAG_LENGTH : 0);
          remoteStatic =
              symmetric.decryptAndHash(Arrays.copyOfRange(message, position, position + length));
          position += length;
        }
        case EE, ES, SE, SS, PSK -> mix(token);
      }
    }
    return symmetric.decryptAndHash(Arrays.copyOfRange(message, position, message.length));
  }

  SymmetricState symmetric() {
    return symmetric;
  }

  private void mixEphemeral(byte[] ephemeral) {
    symmetric.mixHash(ephemeral);
    if (withPsk) {
      symmetric.mixKey(ephemeral);
    }
  }

  private void mix(Token token) {
    switch (token) {
      case EE -> symmetric.mixKey(agree(ephemeralKey, remoteEphemeral));
      case ES ->
          symmetric.mixKey(
              initiator ? agree(ephemeralKey, remoteStatic) : agree(staticKey, remoteEphemeral));
      case SE ->
          symmetric.mixKey(
              initiator ? agree(staticKey, remoteEphemeral) : agree(ephemeralKey, remoteStatic));
      case SS -> symmetric.mixKey(agree(staticKey, remoteStatic));
      case PSK -> symmetric.mixKeyAndHash(psk);
      case E, S -> throw new IllegalStateException("not a key to mix");
    }
  }

  private static byte[] agree(byte[] scalar, byte @Nullable [] publicKey) {
    byte[] shared = new byte[X25519.LENGTH];
    if (publicKey == null || !X25519.agree(scalar, publicKey, shared)) {
      throw new IllegalStateException("no key of the other side");
    }
    return shared;
  }
}
