// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class Tai64nTest {

  @Test
  void labelOfTheEpochAndOfOneNanosecondLater() {
    assertEquals("400000000000000a00000000", Tai64n.of(Instant.EPOCH).toString());
    assertEquals("400000000000000a00000001", Tai64n.of(Instant.ofEpochSecond(0, 1)).toString());
    assertEquals(
        "400000005f5e100a3b9ac9ff",
        Tai64n.of(Instant.ofEpochSecond(0x5f5e1000, 999_999_999)).toString());
  }

  @Test
  void orderIsUnsigned() {
    Tai64n greatest = new Tai64n(-1, -1);
    assertTrue(greatest.isAfter(Tai64n.of(Instant.EPOCH)));
    assertTrue(new Tai64n(1, -1).isAfter(new Tai64n(1, 1)));
    assertFalse(greatest.isAfter(greatest));
    assertFalse(Tai64n.MIN.isAfter(Tai64n.MIN));
  }

  @Test
  void refusesOtherLengths() {
    assertThrows(IllegalArgumentException.class, () -> Tai64n.decode(new byte[11]));
    assertThrows(IllegalArgumentException.class, () -> Tai64n.decode(new byte[13]));
  }

  @Property
  void decodesWhatItEncodes(@ForAll long label, @ForAll int nanos) {
    Tai64n stamp = new Tai64n(label, nanos);
    assertEquals(stamp, Tai64n.decode(stamp.octets()));
    assertArrayEquals(stamp.octets(), Tai64n.decode(stamp.octets()).octets());
  }

  @Property
  void orderIsThatOfTheOctets(@ForAll long a, @ForAll int b, @ForAll long c, @ForAll int d) {
    Tai64n left = new Tai64n(a, b);
    Tai64n right = new Tai64n(c, d);
    assertEquals(
        Integer.signum(Arrays.compareUnsigned(left.octets(), right.octets())),
        Integer.signum(left.compareTo(right)));
  }
}
