// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Cryptokey routing against a list that is searched from end to end, and at its edges. WG §2. */
final class AllowedIpsConformanceTest {

  private static final int PEERS = 2_000;
  private static final int ROUTES = 400;
  private static final int MUTATIONS = 100;
  private static final int QUERIES = 20_000;

  private static AllowedIps<String> nested4() {
    return table(
        "0.0.0.0/0=default",
        "192.0.0.0/8=eight",
        "192.168.0.0/16=sixteen",
        "192.168.4.0/24=a",
        "192.168.4.4/32=b",
        "192.168.0.0/17=half",
        "192.95.5.64/27=c",
        "192.95.5.65/27=d",
        "10.1.0.20/29=e",
        "10.1.0.30/30=f",
        "64.15.112.0/20=g",
        "64.15.123.211/25=h",
        "10.255.255.255/31=last");
  }

  private static AllowedIps<String> nested6() {
    return table(
        "::/0=default",
        "2001:db8:6000::/38=eight",
        "2001:db8:6000:be00::/62=a",
        "2001:db8:6000:be00::/64=b",
        "2001:db8:6000:be00:0:0:0:1=c",
        "2001:db8:6000:be00:8000::/65=d",
        "2404:6800:4004:800:dead:beef::/96=e",
        "2404:6800:4004:800:dead:beef:dead:beee/127=f",
        "8000::/1=upper");
  }

  private static AllowedIps<String> table(String... entries) {
    AllowedIps<String> table = AllowedIps.empty();
    for (String entry : entries) {
      int equals = entry.indexOf('=');
      table = table.with(IpPrefix.parse(entry.substring(0, equals)), entry.substring(equals + 1));
    }
    return table;
  }

  @ParameterizedTest
  @CsvSource({
    "192.168.4.20, a",
    "192.168.4.4, b",
    "192.168.4.255, a",
    "192.168.5.0, half",
    "192.168.127.255, half",
    "192.168.128.0, sixteen",
    "192.169.0.0, eight",
    "193.0.0.0, default",
    "192.95.5.63, eight",
    // The host bits of a prefix do not count, so the second of two equal ones has it.
    "192.95.5.64, d",
    "192.95.5.68, d",
    "192.95.5.95, d",
    "192.95.5.96, eight",
    "10.1.0.15, default",
    "10.1.0.16, e",
    "10.1.0.20, e",
    "10.1.0.23, e",
    "10.1.0.24, default",
    "10.1.0.28, f",
    "10.1.0.31, f",
    "64.15.111.255, default",
    "64.15.112.0, g",
    "64.15.123.127, g",
    "64.15.123.128, h",
    "64.15.123.255, h",
    "64.15.127.255, g",
    "64.15.128.0, default",
    "10.255.255.254, last",
    "10.255.255.253, default",
    "0.0.0.0, default",
    "255.255.255.255, default"
  })
  void nestedIpv4PrefixesGiveTheLongest(String address, String peer) {
    assertEquals(peer, nested4().lookup(InetAddress.ofLiteral(address)));
  }

  @ParameterizedTest
  @CsvSource({
    "2001:db8:6000:be00::, b",
    "2001:db8:6000:be00::1, c",
    "2001:db8:6000:be00::2, b",
    "2001:db8:6000:be00:7fff:ffff:ffff:ffff, b",
    "2001:db8:6000:be00:8000::, d",
    "2001:db8:6000:be01::, a",
    "2001:db8:6000:be03:ffff::, a",
    "2001:db8:6000:be04::, eight",
    "2001:db8:63ff:ffff::, eight",
    "2001:db8:6400::, default",
    "2404:6800:4004:800:dead:beef::, e",
    "2404:6800:4004:800:dead:beef:dead:beed, e",
    "2404:6800:4004:800:dead:beef:dead:beee, f",
    "2404:6800:4004:800:dead:beef:dead:beef, f",
    "2404:6800:4004:800:dead:beef:dead:bef0, e",
    "2404:6800:4004:800:dead:bef0::, default",
    "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, default",
    "8000::, upper",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, upper"
  })
  void nestedIpv6PrefixesGiveTheLongest(String address, String peer) {
    assertEquals(peer, nested6().lookup(InetAddress.ofLiteral(address)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void eachLengthOfPrefixCoversExactlyItsAddresses(boolean isIpv6) throws UnknownHostException {
    int bits = isIpv6 ? 128 : 32;
    Random random = new Random(4);
    for (int length = 0; length <= bits; length++) {
      byte[] octets = new byte[bits / 8];
      random.nextBytes(octets);
      InetAddress inside = InetAddress.getByAddress(octets);
      AllowedIps<String> table =
          AllowedIps.<String>empty().with(new IpPrefix(inside, length), "it");
      for (int bit = 0; bit < bits; bit++) {
        byte[] other = octets.clone();
        other[bit / 8] ^= (byte) (0x80 >> (bit % 8));
        String expected = bit < length ? null : "it";
        assertEquals(expected, table.lookup(InetAddress.getByAddress(other)), "/" + length);
      }
      assertEquals("it", table.lookup(inside));
    }
  }

  @Test
  void removingEveryPrefixInAnyOrderLeavesNothing() throws UnknownHostException {
    Random random = new Random(5);
    for (int round = 0; round < 50; round++) {
      Map<IpPrefix, Integer> model = new HashMap<>();
      AllowedIps<Integer> table = AllowedIps.empty();
      for (int i = 0; i < 40; i++) {
        IpPrefix prefix = prefix(random);
        table = table.with(prefix, i);
        model.put(prefix, i);
      }
      while (!model.isEmpty()) {
        IpPrefix prefix =
            model.keySet().stream().skip(random.nextInt(model.size())).findAny().orElseThrow();
        Integer owner = model.remove(prefix);
        table = table.without(prefix, owner == null ? -1 : owner);
        assertEquals(scan(model, prefix.address()), table.lookup(prefix.address()));
      }
      assertEquals(null, table.lookup(address(random, true)));
      assertEquals(null, table.lookup(address(random, false)));
    }
  }

  @Test
  void agreesWithAListForThousandsOfPeersAndQueries() throws UnknownHostException {
    Random random = new Random(6);
    Map<IpPrefix, Integer> model = new HashMap<>();
    AllowedIps<Integer> table = AllowedIps.empty();
    IpPrefix[] routes = new IpPrefix[ROUTES];
    for (int i = 0; i < ROUTES; i++) {
      routes[i] = prefix(random);
      int peer = random.nextInt(PEERS);
      table = table.with(routes[i], peer);
      model.put(routes[i], peer);
    }
    for (int i = 0; i < MUTATIONS; i++) {
      IpPrefix former = routes[random.nextInt(ROUTES)];
      // The same address with some bits changed, under another length: prefixes that nearly meet.
      byte[] octets = former.address().getAddress();
      octets[random.nextInt(octets.length)] ^= (byte) (1 << random.nextInt(8));
      int length = random.nextInt(octets.length * 8 + 1);
      IpPrefix mutated = new IpPrefix(InetAddress.getByAddress(octets), length);
      int peer = random.nextInt(PEERS);
      table = table.with(mutated, peer);
      model.put(mutated, peer);
      if (i % 4 == 0) {
        Integer owner = model.remove(former);
        table = owner == null ? table : table.without(former, owner);
      }
    }
    int found = 0;
    for (int i = 0; i < QUERIES; i++) {
      InetAddress query =
          i % 2 == 0 ? address(random, i % 4 == 0) : near(routes[random.nextInt(ROUTES)], random);
      Integer expected = scan(model, query);
      assertEquals(expected, table.lookup(query), query::toString);
      found += expected == null ? 0 : 1;
    }
    assertEquals(true, found > QUERIES / 10 && found < QUERIES, "both answers occur: " + found);
  }

  private static IpPrefix prefix(Random random) throws UnknownHostException {
    boolean isIpv6 = random.nextBoolean();
    int shortest = isIpv6 ? 4 : 2;
    return new IpPrefix(
        address(random, isIpv6), shortest + random.nextInt((isIpv6 ? 128 : 32) - shortest + 1));
  }

  private static InetAddress address(Random random, boolean isIpv6) throws UnknownHostException {
    byte[] octets = new byte[isIpv6 ? 16 : 4];
    random.nextBytes(octets);
    return InetAddress.getByAddress(octets);
  }

  /** An address in the prefix or just outside. */
  private static InetAddress near(IpPrefix prefix, Random random) throws UnknownHostException {
    byte[] octets = prefix.address().getAddress();
    int bit = random.nextInt(octets.length * 8);
    octets[bit / 8] ^= (byte) (0x80 >> (bit % 8));
    return InetAddress.getByAddress(octets);
  }

  private static @Nullable Integer scan(Map<IpPrefix, Integer> model, InetAddress address) {
    Integer found = null;
    int longest = -1;
    for (Map.Entry<IpPrefix, Integer> entry : model.entrySet()) {
      if (entry.getKey().length() > longest && entry.getKey().contains(address)) {
        found = entry.getValue();
        longest = entry.getKey().length();
      }
    }
    return found;
  }
}
