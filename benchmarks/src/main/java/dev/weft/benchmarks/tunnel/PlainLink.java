// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.util.Optional;

/** The veth pair itself: what the kernel's stack and iperf3 can do without a tunnel. */
record PlainLink(Candidate candidate) implements Link {

  @Override
  public String address(Testbed.Side side, boolean isIpv6) {
    return (isIpv6 ? Testbed.UNDERLAY_IPV6 : Testbed.UNDERLAY_IPV4) + side.number();
  }

  @Override
  public boolean hasOutside() {
    return false;
  }

  @Override
  public void outside(boolean isIpv6) {
    throw new IllegalStateException("has no outside");
  }

  @Override
  public double cpuSeconds() {
    return 0;
  }

  @Override
  public double residentMib() {
    return 0;
  }

  @Override
  public Optional<String> aead() {
    return Optional.empty();
  }

  @Override
  public Optional<String> failure() {
    return Optional.empty();
  }

  @Override
  public void close() {
    // The namespaces end it.
  }
}
