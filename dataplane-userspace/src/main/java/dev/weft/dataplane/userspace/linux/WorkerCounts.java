// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.linux;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What workers counted since they started.
 *
 * @param interfaceReads reads from the interface
 * @param interfaceWrites writes to the interface, a super-packet being one
 * @param mergedPackets packets that travelled in a super-packet they did not begin
 * @param receivedMessages messages from the sockets, datagrams that arrived together being one
 * @param sentMessages messages to the sockets, likewise
 * @param sentDatagrams datagrams in them
 * @param malformedFromInterface what the interface gave and was no packet
 * @param refusedByInterface packets that the interface did not take
 * @param refusedByUnderlay datagrams that the sockets did not take
 * @param malformedDatagrams datagrams cut off or too short to have a type
 * @param unreachableAnswers ICMP errors to the host about packets that led nowhere
 * @param looped own datagrams that a route led back into the interface
 */
public record WorkerCounts(
    long interfaceReads,
    long interfaceWrites,
    long mergedPackets,
    long receivedMessages,
    long sentMessages,
    long sentDatagrams,
    long malformedFromInterface,
    long refusedByInterface,
    long refusedByUnderlay,
    long malformedDatagrams,
    long unreachableAnswers,
    long looped) {

  static final WorkerCounts NONE = new WorkerCounts(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  WorkerCounts plus(WorkerCounts other) {
    return new WorkerCounts(
        interfaceReads + other.interfaceReads,
        interfaceWrites + other.interfaceWrites,
        mergedPackets + other.mergedPackets,
        receivedMessages + other.receivedMessages,
        sentMessages + other.sentMessages,
        sentDatagrams + other.sentDatagrams,
        malformedFromInterface + other.malformedFromInterface,
        refusedByInterface + other.refusedByInterface,
        refusedByUnderlay + other.refusedByUnderlay,
        malformedDatagrams + other.malformedDatagrams,
        unreachableAnswers + other.unreachableAnswers,
        looped + other.looped);
  }

  /** What was dropped, by reason; those with zero are absent. */
  public Map<String, Long> drops() {
    Map<String, Long> drops = new LinkedHashMap<>();
    put(drops, "interface-malformed", malformedFromInterface);
    put(drops, "interface-looped", looped);
    put(drops, "interface-refused", refusedByInterface);
    put(drops, "underlay-refused", refusedByUnderlay);
    put(drops, "malformed-datagram", malformedDatagrams);
    return drops;
  }

  private static void put(Map<String, Long> drops, String reason, long count) {
    if (count != 0) {
      drops.put(reason, count);
    }
  }

  /** How many packets shared a system call, for a status. */
  public Map<String, String> details() {
    Map<String, String> details = new LinkedHashMap<>();
    details.put("interface-reads", Long.toString(interfaceReads));
    details.put("interface-writes", Long.toString(interfaceWrites));
    details.put("interface-merged-packets", Long.toString(mergedPackets));
    details.put("interface-unreachable-answers", Long.toString(unreachableAnswers));
    details.put("underlay-received-messages", Long.toString(receivedMessages));
    details.put("underlay-sent-messages", Long.toString(sentMessages));
    details.put("underlay-sent-datagrams", Long.toString(sentDatagrams));
    return details;
  }
}
