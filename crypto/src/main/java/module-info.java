// SPDX-License-Identifier: Apache-2.0

/**
 * The cryptographic primitives of Weft: those of WireGuard, of the Noise framework and of PEX, and
 * the providers of the cipher for data packets that need no native code.
 */
module dev.weft.crypto {
  requires transitive dev.weft.api;
  requires org.bouncycastle.provider;
  requires static org.jspecify;

  exports dev.weft.crypto;
  exports dev.weft.crypto.noise;

  provides dev.weft.spi.AeadProvider with
      dev.weft.crypto.JdkAeadProvider,
      dev.weft.crypto.BouncyCastleAeadProvider;
}
