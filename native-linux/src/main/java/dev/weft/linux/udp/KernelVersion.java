// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.udp;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The version of a Linux kernel; 0.0 if it is not known. */
record KernelVersion(int major, int minor) {

  // What uname -r prints: 6.1.0-13-amd64, 5.10.198, 6.18-rc1
  private static final Pattern RELEASE = Pattern.compile("(\\d{1,6})\\.(\\d{1,6}).*");

  /** The one that this process runs on. */
  static KernelVersion running() {
    // The JDK takes this property from uname(2).
    return parse(System.getProperty("os.version", ""));
  }

  static KernelVersion parse(String release) {
    Matcher matcher = RELEASE.matcher(release);
    return matcher.matches()
        ? new KernelVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)))
        : new KernelVersion(0, 0);
  }

  boolean isAtLeast(int major, int minor) {
    return this.major > major || (this.major == major && this.minor >= minor);
  }
}
