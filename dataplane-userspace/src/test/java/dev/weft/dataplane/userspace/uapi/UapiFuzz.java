// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A client of the configuration socket. The first octet is how many arrive at a time, the rest is
 * what it says.
 */
final class UapiFuzz {

  private static final String KEY = "public_key=" + "11".repeat(32) + "\n";

  static Stream<byte[]> seeds() {
    return Stream.of(
            "",
            "get=1\n\n",
            "get=1\n\nget=1\n\n",
            "set=1\nprivate_key=" + "a8".repeat(32) + "\nlisten_port=51820\nfwmark=32\n\n",
            "set=1\nreplace_peers=true\n" + KEY + "preshared_key=" + "00".repeat(32) + "\n\n",
            "set=1\n" + KEY + "endpoint=192.0.2.1:7\npersistent_keepalive_interval=25\n\nget=1\n\n",
            "set=1\n" + KEY + "endpoint=[fe80::1%1]:7\nallowed_ip=fd00::/64\n\nget=1\n\n",
            "set=1\n"
                + KEY
                + "replace_allowed_ips=true\nallowed_ip=10.0.0.0/8\n"
                + KEY
                + "allowed_ip=-10.0.0.0/8\nprotocol_version=1\n\n",
            "set=1\n" + KEY + "update_only=true\n" + KEY + "remove=true\n\n",
            "set=1\nlisten_port=4242\n\n",
            "set=1\nfwmark=666\n\n")
        .flatMap(text -> Stream.of("\u0001" + text, "\u00ff" + text))
        .map(text -> text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @MethodSource("seeds")
  @DictionaryEntries({
    "get=1\\x0a\\x0a",
    "set=1\\x0a",
    "private_key=",
    "public_key=",
    "preshared_key=",
    "listen_port=",
    "fwmark=",
    "replace_peers=true\\x0a",
    "remove=true\\x0a",
    "update_only=true\\x0a",
    "replace_allowed_ips=true\\x0a",
    "protocol_version=1\\x0a",
    "persistent_keepalive_interval=",
    "endpoint=",
    "allowed_ip=",
    "allowed_ip=-",
    "[fe80::1%1]:7",
    "::ffff:1.2.3.4/128",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "1111111111111111111111111111111111111111111111111111111111111111"
  })
  @FuzzTest
  void isAnsweredOrClosed(byte[] octets) {
    if (octets.length > 0) {
      UapiChecks.check(Arrays.copyOfRange(octets, 1, octets.length), Math.max(1, octets[0] & 0xff));
    }
  }
}
