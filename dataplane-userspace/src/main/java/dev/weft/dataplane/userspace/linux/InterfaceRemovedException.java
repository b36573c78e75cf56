// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.linux;

import dev.weft.linux.libc.LinuxException;
import java.io.Serial;

/** Somebody removed the interface: there is nothing left to do, and nothing went wrong. */
public final class InterfaceRemovedException extends LinuxException {

  @Serial private static final long serialVersionUID = 1;

  InterfaceRemovedException(String name) {
    super("interface " + name + " was removed");
  }
}
