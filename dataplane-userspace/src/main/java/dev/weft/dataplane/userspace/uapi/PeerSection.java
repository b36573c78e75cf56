// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import dev.weft.peer.PresharedKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.Change;
import dev.weft.spi.PeerUpdate;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The section of a {@code set} that is about one peer, while its lines arrive. One thread. */
final class PeerSection {

  /** Lines {@code allowed_ip} of one section; more than wg ever had to send. */
  static final int MAX_ALLOWED_IPS = 65536;

  private record AllowedIp(IpPrefix prefix, boolean added) {}

  private final PublicKey publicKey;
  private boolean remove;
  private boolean updateOnly;
  private boolean replaceAllowedIps;
  private Change<PresharedKey> presharedKey = Change.unchanged();
  private Change<Endpoint> endpoint = Change.unchanged();
  private Change<Duration> persistentKeepalive = Change.unchanged();
  private final List<AllowedIp> allowedIps = new ArrayList<>();

  PeerSection(PublicKey publicKey) {
    this.publicKey = publicKey;
  }

  PublicKey publicKey() {
    return publicKey;
  }

  void remove() {
    remove = true;
  }

  void updateOnly() {
    updateOnly = true;
  }

  /** The prefixes held before this line, by the peer or by the section, are held no longer. */
  void replaceAllowedIps() {
    replaceAllowedIps = true;
    allowedIps.clear();
  }

  /** Takes the octets and erases them; all zero is no key. */
  void setPresharedKey(byte[] octets) {
    discard();
    presharedKey =
        UapiValues.isZero(octets) ? Change.cleared() : Change.set(PresharedKey.of(octets));
    Arrays.fill(octets, (byte) 0);
  }

  void setEndpoint(Endpoint value) {
    endpoint = Change.set(value);
  }

  /** Zero is off. */
  void setPersistentKeepalive(Duration value) {
    persistentKeepalive = value.isZero() ? Change.cleared() : Change.set(value);
  }

  void allowedIp(IpPrefix prefix, boolean added) throws MalformedRequestException {
    if (allowedIps.size() == MAX_ALLOWED_IPS) {
      throw new MalformedRequestException(
          UapiErrno.E2BIG, "more than " + MAX_ALLOWED_IPS + " allowed IPs");
    }
    allowedIps.add(new AllowedIp(prefix, added));
  }

  /** Erases a key that the device does not have. */
  void discard() {
    if (presharedKey instanceof Change.Set<PresharedKey>(PresharedKey key)) {
      key.destroy();
    }
    presharedKey = Change.unchanged();
  }

  void applyTo(ConfigurableDevice device) throws ConfigurationRefusedException {
    if (remove) {
      discard();
      device.apply(new PeerUpdate.Delete(publicKey));
      return;
    }
    Optional<PeerConfiguration> present = device.peer(publicKey);
    if (present.isPresent()) {
      PeerUpdate.Update update = update(present.get());
      if (!update.isEmpty()) {
        device.apply(update);
      }
    } else if (updateOnly) {
      discard();
    } else {
      device.apply(create());
    }
    presharedKey = Change.unchanged(); // It is the device's now.
  }

  private PeerUpdate.Create create() {
    return new PeerUpdate.Create(
        publicKey,
        presharedKey.applyTo(Optional.empty()),
        endpoint.applyTo(Optional.empty()),
        persistentKeepalive.applyTo(Optional.empty()).orElse(Duration.ZERO),
        List.copyOf(changed(List.of())));
  }

  private PeerUpdate.Update update(PeerConfiguration present) {
    List<IpPrefix> before = present.allowedIps();
    Set<IpPrefix> after = changed(before);
    Change<List<IpPrefix>> prefixes;
    if (after.equals(Set.copyOf(before))) {
      prefixes = Change.unchanged();
    } else if (after.isEmpty()) {
      prefixes = Change.cleared();
    } else {
      prefixes = Change.set(List.copyOf(after));
    }
    return new PeerUpdate.Update(publicKey, presharedKey, endpoint, persistentKeepalive, prefixes);
  }

  private Set<IpPrefix> changed(List<IpPrefix> before) {
    Set<IpPrefix> prefixes = new LinkedHashSet<>(replaceAllowedIps ? List.of() : before);
    for (AllowedIp change : allowedIps) {
      if (change.added()) {
        prefixes.add(change.prefix());
      } else {
        prefixes.remove(change.prefix());
      }
    }
    return prefixes;
  }
}
