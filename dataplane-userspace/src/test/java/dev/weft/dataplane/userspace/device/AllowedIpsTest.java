// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class AllowedIpsTest {

  private AllowedIps<String> table = AllowedIps.empty();

  private void add(String prefix, String peer) {
    table = table.with(IpPrefix.parse(prefix), peer);
  }

  private @Nullable String lookup(String address) {
    return table.lookup(InetAddress.ofLiteral(address));
  }

  @Test
  void longestPrefixWinsOverInsertionOrder() {
    add("10.0.0.0/24", "c");
    add("10.0.0.0/8", "a");
    add("10.0.0.0/16", "b");
    add("10.0.0.7", "d");
    add("0.0.0.0/0", "all");
    assertEquals("d", lookup("10.0.0.7"));
    assertEquals("c", lookup("10.0.0.8"));
    assertEquals("b", lookup("10.0.1.8"));
    assertEquals("a", lookup("10.1.1.8"));
    assertEquals("all", lookup("11.1.1.8"));
    assertNull(lookup("::"));
  }

  @Test
  void theTwoVersionsAreApart() {
    add("::/0", "six");
    add("0.0.0.0/0", "four");
    add("a00::/8", "ten");
    assertEquals("four", lookup("10.0.0.1"));
    assertEquals("ten", lookup("a00::"));
    assertEquals("six", lookup("ffff::1"));
  }

  @Test
  void hostPrefixesDifferInTheirLastBit() {
    add("fd00::1", "one");
    add("fd00::0", "zero");
    add("255.255.255.255", "last");
    add("255.255.255.254", "last but one");
    assertEquals("one", lookup("fd00::1"));
    assertEquals("zero", lookup("fd00::"));
    assertNull(lookup("fd00::2"));
    assertEquals("last", lookup("255.255.255.255"));
    assertEquals("last but one", lookup("255.255.255.254"));
  }

  @Test
  void aPrefixBelongsToWhomItWasGivenLast() {
    add("10.0.0.0/8", "a");
    add("10.0.0.0/8", "b");
    assertEquals("b", lookup("10.0.0.1"));
    table = table.without(IpPrefix.parse("10.0.0.0/8"), "a");
    assertEquals("b", lookup("10.0.0.1"));
    table = table.without(IpPrefix.parse("10.0.0.0/8"), "b");
    assertNull(lookup("10.0.0.1"));
  }

  @Test
  void removingANestedPrefixUncoversTheOneAround() {
    add("fd00::/8", "a");
    add("fd00:1::/32", "b");
    add("fd00:1:2::/48", "c");
    table = table.without(IpPrefix.parse("fd00:1::/32"), "b");
    assertEquals("a", lookup("fd00:1::1"));
    assertEquals("c", lookup("fd00:1:2::1"));
  }

  @Test
  void theSixtyFourthBitIsNothingSpecial() {
    add("fd00:0:0:1::/64", "a");
    add("fd00:0:0:1:8000::/65", "b");
    add("fd00:0:0:0::/63", "c");
    assertEquals("a", lookup("fd00:0:0:1::1"));
    assertEquals("b", lookup("fd00:0:0:1:8000::1"));
    assertEquals("c", lookup("fd00:0:0:0:8000::1"));
  }

  @Test
  void prefixesForkBehindTheSixtyFourthBitToo() {
    add("fd00:0:0:1::/65", "a");
    add("fd00:0:0:1:8000::/65", "b");
    assertEquals("a", lookup("fd00:0:0:1::1"));
    assertEquals("b", lookup("fd00:0:0:1:8000::1"));
    assertNull(lookup("fd00:0:0:2::1"));
    assertNull(lookup("::1"));
  }

  @Test
  void removingWhatIsNotThereChangesNothing() {
    table = table.without(IpPrefix.parse("10.0.0.0/8"), "a");
    add("10.0.0.0/8", "a");
    for (String absent : new String[] {"10.0.0.0/7", "10.0.0.0/9", "11.0.0.0/8", "0.0.0.0/0"}) {
      table = table.without(IpPrefix.parse(absent), "a");
      assertEquals("a", lookup("10.0.0.1"), absent);
      assertNull(lookup("11.0.0.1"), absent);
    }
    add("10.128.0.0/9", "b");
    table = table.without(IpPrefix.parse("10.0.0.0/9"), "a");
    assertEquals("a", lookup("10.0.0.1"));
    assertEquals("b", lookup("10.128.0.1"));
  }
}
