// SPDX-License-Identifier: Apache-2.0

package dev.weft.transport;

/**
 * A VXLAN network identifier. Source: RFC 7348 §5.
 *
 * @param value 0 to 0xffffff
 */
public record Vni(int value) {
  public Vni {
    if (value < 0 || value > 0xff_ffff) {
      throw new IllegalArgumentException("vni: " + value + " is not in 0 to 16777215");
    }
  }

  @Override
  public String toString() {
    return Integer.toString(value);
  }
}
