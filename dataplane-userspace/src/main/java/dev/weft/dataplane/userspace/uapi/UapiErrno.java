// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

/** The numbers of errno.h in answers, as Linux has them on x86-64 and AArch64. */
final class UapiErrno {

  /** The device failed. */
  static final int EIO = 5;

  /** More than a bound allows. */
  static final int E2BIG = 7;

  /** An unknown key, or a value that is not allowed. */
  static final int EINVAL = 22;

  /** A line that is no assignment, or a request without its end. */
  static final int EPROTO = 71;

  private UapiErrno() {}
}
