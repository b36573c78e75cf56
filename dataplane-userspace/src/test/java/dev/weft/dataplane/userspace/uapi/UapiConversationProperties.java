// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.PublicKey;
import dev.weft.spi.PeerUpdate;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class UapiConversationProperties {

  @Property
  void anyOctetsAreAnsweredOrNot(@ForAll byte[] octets, @ForAll @IntRange(min = 1, max = 9) int n) {
    UapiChecks.check(octets, n);
  }

  @Property
  void anyLinesAreAnsweredOrNot(
      @ForAll("lines") List<String> lines, @ForAll @IntRange(min = 1, max = 100) int pieces) {
    UapiChecks.check(
        ("set=1\n" + String.join("\n", lines) + "\n\nget=1\n\n")
            .getBytes(StandardCharsets.ISO_8859_1),
        pieces);
  }

  /** What get says is what set takes to make another device the same. */
  @Property
  void aConfigurationThatIsGotCanBeSet(@ForAll("lines") List<String> lines) {
    MemoryDevice device = new MemoryDevice();
    for (String line : lines) {
      // Each alone, so that a wrong one spoils no other.
      UapiChecks.talk(device, "set=1\npublic_key=" + "11".repeat(32) + "\n" + line + "\n\n", 7);
      UapiChecks.talk(device, "set=1\n" + line + "\n\n", 7);
    }
    String got = UapiChecks.talk(device, "get=1\n\n", 11);
    String settable = got.replaceAll("(?m)^(last_handshake_time_n?sec|[rt]x_bytes|errno)=.*\n", "");
    MemoryDevice other = new MemoryDevice();
    assertEquals("errno=0\n\n", UapiChecks.talk(other, "set=1\n" + settable, 13));
    assertEquals(got, UapiChecks.talk(other, "get=1\n\n", 17));
  }

  @Property
  void addressesAreWrittenInTheShortestFormAndReadAsTheyWere(
      @ForAll @Size(16) byte[] octets, @ForAll @Size(16) List<Boolean> zeros)
      throws UnknownHostException, MalformedRequestException {
    for (int i = 0; i < 16; i++) {
      octets[i] = zeros.get(i) ? 0 : octets[i];
    }
    String text = IpNotation.text(octets);
    assertEquals(text.toLowerCase(Locale.ROOT), text);
    assertTrue(text.length() <= 39 && text.indexOf("::") == text.lastIndexOf("::"), text);
    InetAddress address = Inet6Address.getByAddress(null, octets, -1);
    assertEquals(new IpPrefix(address, 128), UapiValues.prefix(text + "/128"));
    if (InetAddress.getByAddress(octets) instanceof Inet6Address) {
      assertEquals(new Endpoint(address, 7), UapiValues.endpoint("[" + text + "]:7"));
    }
    MemoryDevice device = new MemoryDevice();
    device.apply(
        new PeerUpdate.Create(
            PublicKey.of(new byte[32]),
            Optional.empty(),
            Optional.empty(),
            Duration.ZERO,
            List.of(new IpPrefix(address, 128))));
    assertTrue(UapiChecks.talk(device, "get=1\n\n", 100).contains("allowed_ip=" + text + "/128\n"));
  }

  @Provide
  Arbitrary<List<String>> lines() {
    Arbitrary<String> keys =
        Arbitraries.of(
            "private_key",
            "listen_port",
            "fwmark",
            "replace_peers",
            "public_key",
            "remove",
            "update_only",
            "preshared_key",
            "endpoint",
            "persistent_keepalive_interval",
            "replace_allowed_ips",
            "allowed_ip",
            "protocol_version",
            "get",
            "errno",
            "");
    Arbitrary<String> values =
        Arbitraries.of(
            "true",
            "",
            "0",
            "1",
            "25",
            "51820",
            "65536",
            "00".repeat(32),
            "11".repeat(32),
            "22".repeat(32),
            "10.0.0.0/8",
            "10.1.0.0/16",
            "-10.0.0.0/8",
            "fd00::/64",
            "::ffff:1.2.3.4/128",
            "192.0.2.1:7",
            "[2001:db8::1]:7",
            "[fe80::1%1]:7",
            "[::",
            "]",
            "=");
    return Combinators.combine(keys, values)
        .as((key, value) -> key + "=" + value)
        .list()
        .ofMaxSize(30);
  }
}
