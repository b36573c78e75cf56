// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.route;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How the kernel checks the source of received IPv4 packets: it looks up the way back, which a
 * default route through the tunnel changes. Nothing is changed here: {@code src_valid_mark} counts
 * for packets that a netfilter rule has marked on their way in, and Weft makes none. Source:
 * ip-sysctl, {@code rp_filter} (the larger of an interface's and of that of all counts), {@code
 * src_valid_mark}.
 */
final class SourceValidation {

  private static final String STRICT = "1";
  private static final String LOOSE = "2";

  private final Path configuration;

  /** Works on the directory of settings, {@code /proc/sys/net/ipv4/conf}. */
  SourceValidation(Path configuration) {
    this.configuration = configuration;
  }

  /** Reports interfaces where datagrams of peers are dropped: the way back is the tunnel. */
  void reportStrictFilters(String tunnel, Problems problems) {
    try (DirectoryStream<Path> interfaces = Files.newDirectoryStream(configuration)) {
      if (read(configuration.resolve("all").resolve("rp_filter")).equals(LOOSE)) {
        return;
      }
      for (Path each : interfaces) {
        String name = each.getFileName().toString();
        boolean underlay = !name.equals(tunnel) && !name.equals("lo") && !name.equals("default");
        if (underlay && read(each.resolve("rp_filter")).equals(STRICT)) {
          problems.add(
              "the reverse path filter is strict and drops what peers send: set net.ipv4.conf."
                  + name
                  + ".rp_filter to 2");
        }
      }
    } catch (IOException e) {
      problems.add("the reverse path filters could not be read: " + e);
    }
  }

  private static String read(Path setting) throws IOException {
    return Files.readString(setting, StandardCharsets.US_ASCII).strip();
  }
}
