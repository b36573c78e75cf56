// SPDX-License-Identifier: Apache-2.0

/**
 * ChaCha20-Poly1305 for data packets with the Vector API. Optional at run time: it is found as a
 * service when it and {@code jdk.incubator.vector} are among the modules of the run.
 */
module dev.weft.crypto.vector {
  requires dev.weft.api;
  requires jdk.incubator.vector;
  requires static org.jspecify;

  provides dev.weft.spi.AeadProvider with
      dev.weft.crypto.vector.VectorAeadProvider;
}
