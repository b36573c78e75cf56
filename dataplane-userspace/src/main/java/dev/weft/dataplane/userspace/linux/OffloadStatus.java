// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.linux;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which offloads are in use.
 *
 * @param vnetHeader whether the interface passes checksum and segmentation offload on
 * @param tso TCP super-packets from the interface
 * @param uso UDP super-packets from the interface
 * @param coalescing super-packets to the interface
 * @param udpSegment datagrams of equal length leave as one message
 * @param udpGro datagrams of one sender arrive as one message
 * @param udpSegmentGivenUp endpoints whose path takes no such messages, and gets single datagrams
 */
public record OffloadStatus(
    boolean vnetHeader,
    boolean tso,
    boolean uso,
    boolean coalescing,
    boolean udpSegment,
    boolean udpGro,
    int udpSegmentGivenUp) {

  /** For a status, by name: {@code on} or {@code off}. */
  public Map<String, String> details() {
    Map<String, String> details = new LinkedHashMap<>();
    details.put("offload-vnet-header", text(vnetHeader));
    details.put("offload-tso", text(tso));
    details.put("offload-uso", text(uso));
    details.put("offload-coalescing", text(coalescing));
    details.put("offload-udp-segment", text(udpSegment));
    details.put("offload-udp-gro", text(udpGro));
    if (udpSegmentGivenUp > 0) {
      details.put("offload-udp-segment-given-up", Integer.toString(udpSegmentGivenUp));
    }
    return details;
  }

  private static String text(boolean on) {
    return on ? "on" : "off";
  }
}
