// SPDX-License-Identifier: Apache-2.0

/**
 * The cryptographic primitives of Weft: those of WireGuard, of the Noise framework and of PEX.
 */
module dev.weft.crypto {
  requires transitive dev.weft.api;
  requires org.bouncycastle.provider;
  requires static org.jspecify;

  exports dev.weft.crypto;
}
