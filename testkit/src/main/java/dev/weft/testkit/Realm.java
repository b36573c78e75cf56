// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A space of addresses that mean the same to all who share it: the internet, or the network behind
 * a NAT.
 */
final class Realm {

  /** Who may hold an address. */
  sealed interface Holder permits SimHost, SimNat {}

  private final String name;
  private final @Nullable SimNat uplink;
  private final Map<InetAddress, Holder> holders = new HashMap<>();

  /**
   * A realm.
   *
   * @param uplink the NAT that leads to the outer realm; null for the internet
   */
  Realm(String name, @Nullable SimNat uplink) {
    this.name = name;
    this.uplink = uplink;
  }

  @Nullable SimNat uplink() {
    return uplink;
  }

  @Nullable Holder holder(InetAddress address) {
    return holders.get(address);
  }

  void add(InetAddress address, Holder holder) {
    Holder other = holders.putIfAbsent(address, holder);
    if (other != null) {
      throw new IllegalArgumentException(
          address.getHostAddress() + " belongs to " + other + " in " + name);
    }
  }

  void remove(InetAddress address) {
    holders.remove(address);
  }

  @Override
  public String toString() {
    return name;
  }
}
