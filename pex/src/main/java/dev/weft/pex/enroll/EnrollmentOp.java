// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

/** The ops of ENROLL and the names of their attributes. Source: PEX §13. */
final class EnrollmentOp {

  static final int CLIENT_DISCOVERY = 0;
  static final int SERVER_DISCOVERY = 1;
  static final int CLIENT_ANNOUNCE = 2;
  static final int SERVER_CONFIRM = 3;
  static final int CLIENT_ACCEPT = 4;

  static final String INFO = "info";
  static final String KEY = "key";
  static final String HASH = "hash";
  static final String SECRET = "secret";

  private EnrollmentOp() {}
}
