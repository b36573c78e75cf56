// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.route;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How the kernel checks the source of received IPv4 packets: it looks up the way back, which a
 * default route through the tunnel changes. Source: ip-sysctl, {@code src_valid_mark}, {@code
 * rp_filter}.
 */
final class SourceValidation {

  private static final String STRICT = "1";

  private final Path configuration;
  private boolean changed;

  /** Works on the directory of settings, {@code /proc/sys/net/ipv4/conf}. */
  SourceValidation(Path configuration) {
    this.configuration = configuration;
  }

  /** Lets marks count in the way back, if they do not. */
  void useMark(Problems problems) {
    Path setting = configuration.resolve("all").resolve("src_valid_mark");
    try {
      if (read(setting).equals("0")) {
        Files.writeString(setting, "1", StandardCharsets.US_ASCII);
        changed = true;
      }
    } catch (IOException e) {
      problems.add("net.ipv4.conf.all.src_valid_mark could not be set to 1: " + e);
    }
  }

  /** Undoes {@link #useMark}. */
  void restore(Problems problems) {
    if (changed) {
      changed = false;
      try {
        Files.writeString(
            configuration.resolve("all").resolve("src_valid_mark"), "0", StandardCharsets.US_ASCII);
      } catch (IOException e) {
        problems.add("net.ipv4.conf.all.src_valid_mark could not be set back to 0: " + e);
      }
    }
  }

  /** Reports interfaces where datagrams of peers are dropped: the way back is the tunnel. */
  void reportStrictFilters(String tunnel, Problems problems) {
    try (DirectoryStream<Path> interfaces = Files.newDirectoryStream(configuration)) {
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
