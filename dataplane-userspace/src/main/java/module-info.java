// SPDX-License-Identifier: Apache-2.0

/**
 * WireGuard in pure Java, as a data plane. Nothing is exported; the plane is found as a service.
 */
module dev.weft.dataplane.userspace {
  requires dev.weft.api;
  requires dev.weft.crypto;
  requires dev.weft.linux;
  requires org.slf4j;
  requires static org.jspecify;

  uses dev.weft.spi.AeadProvider;

  provides dev.weft.spi.AeadProvider with
      dev.weft.dataplane.userspace.OpensslAeadProvider;
  provides dev.weft.spi.DataPlaneProvider with
      dev.weft.dataplane.userspace.UserspaceDataPlaneProvider;
}
