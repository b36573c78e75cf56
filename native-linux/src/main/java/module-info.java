// SPDX-License-Identifier: Apache-2.0

/**
 * Every native call of Weft: system calls of Linux, and libcrypto. Knows nothing of WireGuard. Run
 * with {@code --enable-native-access=dev.weft.linux} to have no warning.
 */
module dev.weft.linux {
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.weft.linux.crypto;
  exports dev.weft.linux.libc;
  exports dev.weft.linux.poll;
  exports dev.weft.linux.tun;
  exports dev.weft.linux.udp;
  exports dev.weft.linux.netlink;
  exports dev.weft.linux.rtnetlink;
}
