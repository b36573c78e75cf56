// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.udp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class KernelVersionTest {

  @Test
  void releasesHaveManyForms() {
    assertEquals(new KernelVersion(6, 1), KernelVersion.parse("6.1.0-13-amd64"));
    assertEquals(new KernelVersion(5, 10), KernelVersion.parse("5.10.198"));
    assertEquals(new KernelVersion(6, 18), KernelVersion.parse("6.18-rc1"));
    assertEquals(new KernelVersion(7, 0), KernelVersion.parse("7.0"));
  }

  @Test
  void whatIsNoReleaseIsOlderThanAny() {
    assertEquals(new KernelVersion(0, 0), KernelVersion.parse(""));
    assertEquals(new KernelVersion(0, 0), KernelVersion.parse("unknown"));
    assertEquals(new KernelVersion(0, 0), KernelVersion.parse("99999999999.1"));
  }

  @Test
  void minorsCountWithinAMajor() {
    KernelVersion version = new KernelVersion(5, 12);
    assertTrue(version.isAtLeast(5, 12));
    assertTrue(version.isAtLeast(5, 9));
    assertTrue(version.isAtLeast(4, 18));
    assertFalse(version.isAtLeast(5, 13));
    assertFalse(version.isAtLeast(6, 0));
  }
}
