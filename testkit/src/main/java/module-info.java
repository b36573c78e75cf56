// SPDX-License-Identifier: Apache-2.0

/**
 * A simulated runtime and network, fakes and generators for tests of Weft and of programs that
 * embed it. jqwik is needed only by those who use {@link dev.weft.testkit.Generators}.
 */
module dev.weft.testkit {
  requires transitive dev.weft.api;
  requires static org.jspecify;
  requires static transitive net.jqwik.api;

  exports dev.weft.testkit;
}
