// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

/** What a receiver index can stand for. */
sealed interface IndexEntry permits Handshake, Keypair {

  /** Whose it is. */
  Peer peer();
}
