// SPDX-License-Identifier: Apache-2.0

/**
 * What one TUN interface has in the kernel: its MTU, addresses, routes and routing rules. Nothing
 * is executed; all goes through netlink. Entry: {@link
 * dev.weft.dataplane.userspace.route.InterfaceNetwork}.
 *
 * <p><b>Two places for routes.</b> A prefix that holds no address of the underlay becomes a plain
 * route of the main table. A default route, and each prefix that holds the endpoint of a peer,
 * would also lead the encrypted datagrams into the tunnel they come from. Such prefixes go into a
 * table of the interface's own, whose number is also the <i>mark</i> that the interface's UDP
 * sockets carry (SO_MARK). For each prefix length L among them there are two rules, longer lengths
 * first:
 *
 * <ul>
 *   <li>look up the main table, ignoring routes shorter than L (shorter than 1 if L is 0);
 *   <li>packets <i>without</i> the mark: look up the own table, ignoring routes shorter than L.
 * </ul>
 *
 * <p>So the longest prefix wins over both tables; a route of somebody else of the same length wins,
 * except that the tunnel's default route wins; and a marked packet never sees the own table. The
 * first rule serves all Weft interfaces of a host together and goes with the last second rule of
 * its length. A connected route that holds an endpoint is moved to the own table as well.
 *
 * <p><b>Marks and tables</b> are 0x57450000 to 0x57453fff, beginning at a place that the
 * interface's name gives, the first that no rule and no route uses. Bits 14 and 15 stay clear:
 * Kubernetes acts on them. <b>Priorities</b> of rules are 30000 to 30257. A strict reverse path
 * filter of IPv4 on another interface drops what peers send to a host with a default route through
 * the tunnel, and is reported; no setting of the host is changed.
 *
 * <p><b>Whose is it?</b> Routes and rules have protocol number 87. No route of another protocol is
 * ever replaced: if the main table has one to the same prefix, that is a problem to report. Routes
 * and addresses vanish with their interface, rules do not: a process that was killed leaves them.
 * Opening an interface removes each rule of protocol 87 whose table has no route of protocol 87
 * (routes exist only while their interface does), and what an earlier process left on the interface
 * itself, but nothing that belongs to another living interface.
 *
 * <p>Sources: ip-rule(8), ip-route(8), {@code linux/fib_rules.h}, {@code linux/rtnetlink.h}, and
 * the kernel's ip-sysctl documentation.
 */
@NullMarked
package dev.weft.dataplane.userspace.route;

import org.jspecify.annotations.NullMarked;
