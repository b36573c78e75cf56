// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import dev.weft.peer.PrivateKey;
import dev.weft.testkit.NatKind;
import dev.weft.testkit.SeededRandom;
import dev.weft.testkit.SimHost;
import dev.weft.testkit.SimNat;
import dev.weft.testkit.SimNetwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The hosts and NATs of a mesh, drawn from a seed so that every pair can connect directly:
 *
 * <ul>
 *   <li>the first host is public and has a name, so that all can meet there;
 *   <li>a symmetric NAT has one host behind it, there is at most one, and then no NAT is
 *       port-restricted: such pairs need a relay (RFC 5128 §3.4);
 *   <li>hosts have one family, or all have both and none is behind a NAT, because PEX tells one
 *       endpoint of a peer and not all can use every family;
 *   <li>only a host on the internet other than the first listens on a port that is not the one in
 *       the network's data: neighbours behind one NAT are told that one (PEX §6.2).
 * </ul>
 */
final class Topology {

  private enum Family {
    IPV4,
    IPV6,
    BOTH
  }

  final List<Member> members = new ArrayList<>();
  final List<SimNat> nats = new ArrayList<>();
  private final SimNetwork network;
  private final SeededRandom random;
  private final Family family;
  private final boolean symmetricAllowed;
  private final Map<Member, SimNat> behind = new HashMap<>();
  private int nextPublic = 1;
  private int nextPrivate = 10;

  Topology(SimNetwork network, int size) {
    this.network = network;
    random = network.random().fork("topology");
    family = random.chance(0.8) ? Family.IPV4 : random.chance(0.5) ? Family.IPV6 : Family.BOTH;
    symmetricAllowed = random.chance(0.3);
    for (int i = 0; i < size; i++) {
      add(i);
    }
  }

  private void add(int index) {
    String name = "host" + index;
    boolean isPublic = index == 0 || family != Family.IPV4 || random.chance(0.25);
    Optional<SimNat> nat = isPublic ? Optional.empty() : Optional.of(chooseNat());
    SimHost host =
        nat.map(router -> router.host(name, newPrivateAddress()))
            .orElseGet(() -> network.host(name, newPublicAddresses()));
    // Some public hosts have no endpoint in the network's data, and are found like the hidden ones.
    boolean named = index == 0 || (nat.isEmpty() && random.chance(0.7));
    Optional<String> dnsName = named ? Optional.of(name + ".example") : Optional.empty();
    host.timerJitter(Duration.ofMillis(random.nextInt(5)));
    Member member =
        new Member(
            index,
            PrivateKey.generate(random),
            host,
            dnsName,
            Duration.ofSeconds(random.nextInt(7200) - 3600));
    members.add(member);
    nat.ifPresent(router -> behind.put(member, router));
    publishName(member);
  }

  private SimNat chooseNat() {
    boolean symmetric =
        symmetricAllowed && nats.stream().noneMatch(nat -> nat.kind() == NatKind.SYMMETRIC);
    if (symmetric && random.chance(0.4)) {
      return newNat(NatKind.SYMMETRIC);
    }
    List<SimNat> shared = sharedNats();
    if (!shared.isEmpty() && random.chance(0.5)) {
      return random.pick(shared);
    }
    return newNat(
        random.pick(
            symmetricAllowed
                ? List.of(NatKind.FULL_CONE, NatKind.ADDRESS_RESTRICTED)
                : List.of(NatKind.FULL_CONE, NatKind.ADDRESS_RESTRICTED, NatKind.PORT_RESTRICTED)));
  }

  private SimNat newNat(NatKind kind) {
    SimNat nat =
        network
            .nat("nat" + nats.size(), kind, newPublicIpv4())
            .hairpinning(random.chance(0.3))
            .portPreserving(random.chance(0.5))
            .mappingTimeout(Duration.ofSeconds(40 + random.nextInt(140)));
    nats.add(nat);
    return nat;
  }

  private List<SimNat> sharedNats() {
    return nats.stream().filter(nat -> nat.kind() != NatKind.SYMMETRIC).toList();
  }

  /** Moves a host to another network, or gives a host with a name other addresses. */
  void move(Member member) {
    List<SimNat> shared = sharedNats();
    SimNat before = behind.remove(member);
    boolean stays =
        member.dnsName.isPresent()
            || family != Family.IPV4
            || member.listenPort != Member.WIREGUARD_PORT;
    if (!stays && !shared.isEmpty() && random.chance(0.6)) {
      SimNat next = random.pick(shared);
      behind.put(member, next);
      member.host.moveBehind(next, newPrivateAddress());
    } else if (before != null && before.kind() == NatKind.SYMMETRIC) {
      behind.put(member, before);
      member.host.changeAddresses(newPrivateAddress());
    } else {
      member.host.moveToInternet(newPublicAddresses());
    }
    publishName(member);
  }

  /** Whether the others find this host if it listens on another port. */
  boolean canChangePort(Member member) {
    return member.index != 0 && !behind.containsKey(member);
  }

  /** Gives a NAT another public address. */
  void renumber(SimNat nat) {
    nat.publicAddress(newPublicIpv4());
  }

  private void publishName(Member member) {
    member.dnsName.ifPresent(
        name ->
            network
                .names()
                .set(
                    name,
                    member.host.addresses().stream()
                        .map(address -> address.getHostAddress())
                        .toArray(String[]::new)));
  }

  private String newPublicIpv4() {
    int number = nextPublic++;
    return "203.0." + number / 250 + "." + (number % 250 + 1);
  }

  private String[] newPublicAddresses() {
    return switch (family) {
      case IPV4 -> new String[] {newPublicIpv4()};
      case IPV6 -> new String[] {newPublicIpv6()};
      case BOTH -> new String[] {newPublicIpv4(), newPublicIpv6()};
    };
  }

  private String newPublicIpv6() {
    return "2001:db8:" + Integer.toHexString(nextPublic++) + "::1";
  }

  private String newPrivateAddress() {
    int number = nextPrivate++;
    return "192.168." + number / 250 + "." + (number % 250 + 1);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("topology: ").append(family);
    for (Member member : members) {
      SimNat nat = behind.get(member);
      text.append("\n  ").append(member).append(' ').append(member.host.addresses());
      text.append(nat == null ? "" : " behind " + nat + " " + nat.kind());
      member.dnsName.ifPresent(name -> text.append(" named"));
    }
    return text.toString();
  }
}
