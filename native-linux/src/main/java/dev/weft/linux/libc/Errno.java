// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.util.Map;

/** Error numbers of Linux, as positive numbers, and where native calls leave them. */
public final class Errno {

  /** Operation not permitted. */
  public static final int EPERM = 1;

  /** No such file, device or address. */
  public static final int ENOENT = 2;

  /** No such process, or no such route. */
  public static final int ESRCH = 3;

  /** Interrupted by a signal. */
  public static final int EINTR = 4;

  /** Input or output error. */
  public static final int EIO = 5;

  /** Bad file descriptor. */
  public static final int EBADF = 9;

  /** Would block. */
  public static final int EAGAIN = 11;

  /** Out of memory. */
  public static final int ENOMEM = 12;

  /** Permission denied. */
  public static final int EACCES = 13;

  /** Device or resource busy. */
  public static final int EBUSY = 16;

  /** Exists already. */
  public static final int EEXIST = 17;

  /** No such device. */
  public static final int ENODEV = 19;

  /** Invalid argument. */
  public static final int EINVAL = 22;

  /** Not a device that knows this request. */
  public static final int ENOTTY = 25;

  /** No space left. */
  public static final int ENOSPC = 28;

  /** Message too long. */
  public static final int EMSGSIZE = 90;

  /** Protocol option not available. */
  public static final int ENOPROTOOPT = 92;

  /** Not supported. */
  public static final int EOPNOTSUPP = 95;

  /** Address family not supported. */
  public static final int EAFNOSUPPORT = 97;

  /** Address in use. */
  public static final int EADDRINUSE = 98;

  /** Address not available. */
  public static final int EADDRNOTAVAIL = 99;

  /** The network is down. */
  public static final int ENETDOWN = 100;

  /** The network cannot be reached. */
  public static final int ENETUNREACH = 101;

  /** No buffer space. */
  public static final int ENOBUFS = 105;

  /** Refused by the other side. */
  public static final int ECONNREFUSED = 111;

  /** The host cannot be reached. */
  public static final int EHOSTUNREACH = 113;

  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(EPERM, "EPERM (not permitted)"),
          Map.entry(ENOENT, "ENOENT (not found)"),
          Map.entry(ESRCH, "ESRCH (not found)"),
          Map.entry(EINTR, "EINTR (interrupted)"),
          Map.entry(EIO, "EIO (input/output error)"),
          Map.entry(EBADF, "EBADF (bad descriptor)"),
          Map.entry(EAGAIN, "EAGAIN (would block)"),
          Map.entry(ENOMEM, "ENOMEM (out of memory)"),
          Map.entry(EACCES, "EACCES (permission denied)"),
          Map.entry(EBUSY, "EBUSY (in use)"),
          Map.entry(EEXIST, "EEXIST (exists already)"),
          Map.entry(ENODEV, "ENODEV (no such device)"),
          Map.entry(EINVAL, "EINVAL (invalid argument)"),
          Map.entry(ENOTTY, "ENOTTY (unknown request)"),
          Map.entry(ENOSPC, "ENOSPC (no space)"),
          Map.entry(EMSGSIZE, "EMSGSIZE (message too long)"),
          Map.entry(ENOPROTOOPT, "ENOPROTOOPT (unknown option)"),
          Map.entry(EOPNOTSUPP, "EOPNOTSUPP (not supported)"),
          Map.entry(EAFNOSUPPORT, "EAFNOSUPPORT (address family not supported)"),
          Map.entry(EADDRINUSE, "EADDRINUSE (address in use)"),
          Map.entry(EADDRNOTAVAIL, "EADDRNOTAVAIL (no such address here)"),
          Map.entry(ENETDOWN, "ENETDOWN (network down)"),
          Map.entry(ENETUNREACH, "ENETUNREACH (network unreachable)"),
          Map.entry(ENOBUFS, "ENOBUFS (no buffer space)"),
          Map.entry(ECONNREFUSED, "ECONNREFUSED (refused)"),
          Map.entry(EHOSTUNREACH, "EHOSTUNREACH (host unreachable)"));

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final long OFFSET =
      STATE.byteOffset(java.lang.foreign.MemoryLayout.PathElement.groupElement("errno"));

  private static final ThreadLocal<MemorySegment> CAPTURE =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE));

  private Errno() {}

  /** Where this thread's calls leave their error number; hot paths keep it in a field. */
  public static MemorySegment capture() {
    return CAPTURE.get();
  }

  /** The error number that the last failed call left in a {@link #capture()} segment. */
  public static int of(MemorySegment capture) {
    return capture.get(ValueLayout.JAVA_INT, OFFSET);
  }

  /** The name and meaning of an error number. */
  public static String describe(int errno) {
    return NAMES.getOrDefault(errno, "errno " + errno);
  }
}
