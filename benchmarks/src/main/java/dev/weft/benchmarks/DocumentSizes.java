// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks;

import dev.weft.config.NetworkData;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.peer.PublicKey;
import dev.weft.pex.netdata.SignedNetworkData;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How long signed data are, and how many hosts they hold. */
final class DocumentSizes {

  private DocumentSizes() {}

  static void print() {
    Networks networks = new Networks();
    byte[] seed = networks.octets(32);
    System.out.println("| Hosts | Octets | A host |\n| ---: | ---: | ---: |");
    for (int hosts : new int[] {10, 100, 1000, 1500, 10_000}) {
      NetworkData document = Networks.document(networks.keys(networks.privateKey(), hosts));
      sign(seed, document, hosts);
    }
    System.out.println("with endpoint, address, subnet and group each:");
    List<NetworkData.Host> rich = new ArrayList<>();
    for (PublicKey key : networks.keys(networks.privateKey(), 1000)) {
      int i = rich.size();
      rich.add(
          NetworkData.Host.builder(Networks.name(i), key)
              .endpoint("ap" + i + ".example.com")
              .address(java.net.InetAddress.ofLiteral("10.1." + i / 250 + "." + i % 250))
              .subnet(dev.weft.transport.IpPrefix.parse("10.2." + i / 250 + ".0/24"))
              .groups(List.of("aps"))
              .build());
    }
    sign(seed, new NetworkData(NetworkData.Settings.of(1, 2, 3), rich, List.of()), rich.size());
  }

  private static void sign(byte[] seed, NetworkData document, int hosts) {
    try {
      int octets = SignedNetworkData.sign(seed, 1, document.toJson()).length();
      System.out.printf(
          Locale.ROOT, "| %,d | %,d | %.0f |%n", hosts, octets, (double) octets / hosts);
    } catch (InvalidConfigurationException e) {
      System.out.printf(Locale.ROOT, "| %,d | refused | %s |%n", hosts, e.problems());
    }
  }
}
