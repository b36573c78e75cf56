// SPDX-License-Identifier: Apache-2.0

/**
 * WireGuard in pure Java, as a data plane, which is found as a service. Exported is only what makes
 * an interface without an overlay.
 */
module dev.weft.dataplane.userspace {
  requires dev.weft.api;
  requires dev.weft.crypto;
  requires dev.weft.linux;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.weft.dataplane.userspace.standalone;

  uses dev.weft.spi.AeadProvider;

  provides dev.weft.spi.AeadProvider with
      dev.weft.dataplane.userspace.OpensslAeadProvider;
  provides dev.weft.spi.DataPlaneProvider with
      dev.weft.dataplane.userspace.UserspaceDataPlaneProvider;
}
