// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.util.Optional;

/** A way from one namespace to the other. */
sealed interface Link extends AutoCloseable permits Tunnel, PlainLink {

  Candidate candidate();

  /** The server's address, or the client's. */
  String address(Testbed.Side side, boolean isIpv6);

  /** Whether it can carry its packets over IPv6, too. */
  boolean hasOutside();

  /** From now on the packets travel over IPv6, or over IPv4. */
  void outside(boolean isIpv6);

  /** Seconds of CPU that the processes at both ends have used. */
  double cpuSeconds();

  /** Resident memory of the processes at both ends, in MiB. */
  double residentMib();

  /** What the program said it encrypts with. */
  Optional<String> aead();

  /** Why it does not work any more. */
  Optional<String> failure();

  @Override
  void close();
}
