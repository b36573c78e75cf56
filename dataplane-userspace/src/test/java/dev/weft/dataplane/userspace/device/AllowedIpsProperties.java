// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

final class AllowedIpsProperties {

  /** Adds a prefix for a peer, or takes it away. */
  record Change(boolean isRemoval, IpPrefix prefix, int peer) {}

  @Provide
  Arbitrary<InetAddress> addresses() {
    // Few distinct octets, so that prefixes nest and addresses hit.
    Arbitrary<Byte> octet = Arbitraries.of((byte) 0, (byte) 1, (byte) 0x80, (byte) 0xff);
    return Arbitraries.of(4, 16)
        .flatMap(length -> octet.array(byte[].class).ofSize(length))
        .map(AllowedIpsProperties::address);
  }

  @Provide
  Arbitrary<Change> changes() {
    return Combinators.combine(
            Arbitraries.of(false, false, true),
            addresses(),
            Arbitraries.integers().between(0, 128),
            Arbitraries.integers().between(1, 5))
        .as(
            (isRemoval, address, length, peer) ->
                new Change(
                    isRemoval,
                    new IpPrefix(address, length % (address.getAddress().length * 8 + 1)),
                    peer));
  }

  @Provide
  Arbitrary<List<Change>> mutations() {
    return changes().list().ofMaxSize(60);
  }

  @Provide
  Arbitrary<List<InetAddress>> queries() {
    return addresses().list().ofSize(40);
  }

  @Property(tries = 500)
  void agreesWithALinearScan(
      @ForAll("mutations") List<Change> mutations, @ForAll("queries") List<InetAddress> queries) {
    AllowedIps<Integer> table = AllowedIps.empty();
    Map<IpPrefix, Integer> model = new HashMap<>();
    for (Change change : mutations) {
      if (change.isRemoval()) {
        table = table.without(change.prefix(), change.peer());
        model.remove(change.prefix(), change.peer());
      } else {
        table = table.with(change.prefix(), change.peer());
        model.put(change.prefix(), change.peer());
      }
    }
    for (InetAddress query : queries) {
      assertEquals(scan(model, query), table.lookup(query), () -> query + " in " + model);
    }
    for (IpPrefix prefix : model.keySet()) {
      assertEquals(scan(model, prefix.address()), table.lookup(prefix.address()));
    }
  }

  @Property(tries = 200)
  void aChangeLeavesTheFormerTableAsItWas(
      @ForAll("mutations") List<Change> mutations,
      @ForAll("changes") Change change,
      @ForAll("queries") List<InetAddress> queries) {
    AllowedIps<Integer> table = AllowedIps.empty();
    for (Change mutation : mutations) {
      table = table.with(mutation.prefix(), mutation.peer());
    }
    AllowedIps<Integer> former = table;
    List<String> before = queries.stream().map(query -> "" + former.lookup(query)).toList();
    AllowedIps<Integer> with = table.with(change.prefix(), 99);
    AllowedIps<Integer> without = table.without(change.prefix(), change.peer());
    assertEquals(before, queries.stream().map(query -> "" + former.lookup(query)).toList());
    assertEquals(with == table, false);
    assertEquals(without == null, false);
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

  private static InetAddress address(byte[] octets) {
    try {
      return InetAddress.getByAddress(octets);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
