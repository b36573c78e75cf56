// SPDX-License-Identifier: Apache-2.0

/**
 * The offloads of a TUN device as computation on memory, without I/O, clock or threads: {@link
 * dev.weft.dataplane.userspace.tun.SuperPacket} takes apart what the kernel joined, {@link
 * dev.weft.dataplane.userspace.tun.Coalescer} joins what the kernel may take apart. Sources: virtio
 * 1.2 §5.1.6 (the header in front of packets), RFC 791, RFC 8200, RFC 9293, RFC 768, RFC 1071.
 */
@NullMarked
package dev.weft.dataplane.userspace.tun;

import org.jspecify.annotations.NullMarked;
