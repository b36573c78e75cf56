// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import dev.weft.peer.PresharedKey;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.util.List;
import java.util.Optional;

/**
 * One end of a tunnel between two hosts.
 *
 * @param name unique in the lab, 1 to 15 characters
 * @param privateKey the end's own key
 * @param listenPort its UDP port; 0 for any
 * @param addresses its addresses inside
 * @param peerKey the other end's key
 * @param presharedKey mixed into the handshake
 * @param endpoint where the other end is; absent if it comes to us
 * @param allowedIps what the other end may use
 */
record TunnelSpec(
    String name,
    PrivateKey privateKey,
    int listenPort,
    List<InterfaceAddress> addresses,
    PublicKey peerKey,
    Optional<PresharedKey> presharedKey,
    Optional<Endpoint> endpoint,
    List<IpPrefix> allowedIps) {}
