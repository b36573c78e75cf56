// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import dev.weft.testkit.NatBehavior;
import dev.weft.testkit.NatKind;
import java.util.List;

/**
 * Which pairs can be direct without a relay and without guessing ports, and why not the others.
 * Sources: RFC 4787 for the terms, RFC 5128 §3.3 and §3.4 for hole punching.
 */
enum NatTheory {
  DIRECT(0, "direct"),
  UNKNOWN_PORT(
      1,
      "one side's NAT takes a new port number for each destination, which nobody can know before;"
          + " the other side's filter admits only ports that its host has sent to"),
  BOTH_UNKNOWN(
      2,
      "both NATs take a new port number for each destination: neither side can know where to send"),
  OTHER_FAMILY(
      3,
      "the public node sees one side over IPv6 and so tells an IPv6 endpoint; the other side has no"
          + " IPv6, cannot send there, and so does not open its filter"),
  NO_HAIRPIN(
      4,
      "both are behind one carrier NAT, which does not send back what comes from inside for its own"
          + " public address (RFC 6888 REQ-1 demands it); the private addresses mean nothing"
          + " outside of each home");

  private final int number;
  private final String words;

  NatTheory(int number, String words) {
    this.number = number;
    this.words = words;
  }

  /** Of the reason, in the tables. */
  int number() {
    return number;
  }

  String words() {
    return words;
  }

  boolean isDirect() {
    return this == DIRECT;
  }

  /** A row of the expected matrix, one character a column: the letters are below. */
  private static String row(NatSituation situation) {
    return switch (situation) {
      // in the order: none, full, addr, port, masq, sym, cgn, cgn-sym, v6
      case NONE -> "yyyyyyyyy";
      case FULL_CONE -> "yyyyyyyyy";
      case ADDRESS_RESTRICTED -> "yyyyyyyy6";
      case PORT_RESTRICTED -> "yyyyypyp6";
      case MASQUERADE -> "yyyyypyp6";
      case SYMMETRIC -> "yyyppbpb6";
      case CARRIER -> "yyyyypyp6";
      case SYMMETRIC_CARRIER -> "yyyppbpb6";
      case DUAL_STACK -> "yy666666y";
    };
  }

  /** The expectation for hosts at two sites. */
  static NatTheory between(NatSituation one, NatSituation other) {
    char letter = row(one).charAt(List.of(NatSituation.values()).indexOf(other));
    return switch (letter) {
      case 'y' -> DIRECT;
      case 'p' -> UNKNOWN_PORT;
      case 'b' -> BOTH_UNKNOWN;
      case '6' -> OTHER_FAMILY;
      default -> throw new IllegalStateException("no meaning of " + letter);
    };
  }

  /**
   * The same by reasoning: a first packet must get in on one side, and its answer gets back in
   * through the hole that it made.
   */
  static boolean canBeDirect(NatSituation one, NatSituation other) {
    return (one.hasIpv6() && other.hasIpv6()) || isLetIn(one, other) || isLetIn(other, one);
  }

  /** Whether a packet from one to where the public node sees the other gets in. */
  private static boolean isLetIn(NatSituation from, NatSituation to) {
    if (to.hasIpv6()) {
      return false; // It is seen over IPv6, and whoever asks has none.
    }
    return switch (to.filtering()) {
      case ENDPOINT_INDEPENDENT -> true;
      // It has sent to the address it was told, and so opened itself.
      case ADDRESS_DEPENDENT -> to.isPortKnown() && !from.hasIpv6();
      case ADDRESS_AND_PORT_DEPENDENT -> to.isPortKnown() && from.isPortKnown() && !from.hasIpv6();
    };
  }

  /** The expectation for two homes behind one carrier NAT. */
  static NatTheory behindOneCarrier(NatKind carrier, boolean hairpinning) {
    if (!hairpinning) {
      return NO_HAIRPIN;
    }
    return carrier.mapping() == NatBehavior.ENDPOINT_INDEPENDENT ? DIRECT : BOTH_UNKNOWN;
  }
}
