// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.dataplane.userspace.device.HandshakeState.InitiationCreated;
import dev.weft.peer.PublicKey;
import dev.weft.transport.PacketBuffer;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the paths of a device share. Owned by the device's thread, but for the volatile fields,
 * which any thread may read.
 */
final class DeviceState {

  final DeviceEnvironment environment;
  int mtuOctets;
  final Map<PublicKey, Peer> peers = new LinkedHashMap<>();
  final IndexTable indices = new IndexTable();
  final DeadlineQueue deadlines = new DeadlineQueue();
  final DropCounters drops = new DropCounters();
  volatile AllowedIps<Peer> allowedIps = AllowedIps.empty();
  volatile LocalIdentity local;
  volatile boolean closed;
  boolean suspended;

  /** Without a key of its own the device neither starts nor answers handshakes. */
  boolean keyless;

  /** The memory of all packets that wait for sessions, in octets. */
  private long stagedOctets;

  DeviceState(LocalIdentity local, int mtuOctets, DeviceEnvironment environment) {
    this.local = local;
    this.mtuOctets = mtuOctets;
    this.environment = environment;
  }

  /** Whether packets and datagrams go no further now; counted if so. */
  boolean isStopped(int packets) {
    if (!closed && !suspended) {
      return false;
    }
    drops.count(closed ? DropReason.CLOSED : DropReason.SUSPENDED, packets);
    return true;
  }

  /** Whether the peer is one of the device's, and the device works. */
  boolean isActive(Peer peer) {
    return !closed && !suspended && peers.get(peer.publicKey()) == peer;
  }

  /** Gives the peer other sessions: erases those that are left out, registers the new one. */
  void replaceKeypairs(Peer peer, Keypairs replacement) {
    Keypairs former = peer.keypairs();
    peer.setKeypairs(replacement);
    retire(former.current(), replacement);
    retire(former.previous(), replacement);
    retire(former.next(), replacement);
  }

  private void retire(@Nullable Keypair session, Keypairs replacement) {
    if (session != null && !replacement.contains(session)) {
      indices.remove(session.localIndex(), session);
      environment.releaseIndex(session.localIndex());
      session.destroy();
    }
  }

  /** Forgets a pending initiation. */
  void eraseHandshake(Peer peer) {
    if (peer.handshake().state() instanceof InitiationCreated created) {
      indices.remove(created.localIndex(), peer.handshake());
      environment.releaseIndex(created.localIndex());
    }
    peer.handshake().erase();
  }

  /** Erases all keys of sessions and handshakes with the peer. */
  void eraseSessions(Peer peer) {
    eraseHandshake(peer);
    replaceKeypairs(peer, Keypairs.NONE);
  }

  /**
   * Keeps a copy of a packet until there is a session with the peer. The peer's oldest packets make
   * room for it; what other peers have waiting does not.
   */
  void stage(Peer peer, PacketBuffer packet) {
    int octets = WireGuardDevice.HEAD_ROOM + packet.length() + WireGuardDevice.TAIL_ROOM;
    while (peer.stagedCount() >= ProtocolConstants.MAX_STAGED_PACKETS
        || stagedOctets + octets > ProtocolConstants.MAX_STAGED_OCTETS) {
      drops.count(DropReason.STAGED_OVERFLOW);
      PacketBuffer oldest = peer.takeOldestStaged();
      if (oldest == null) {
        return;
      }
      stagedOctets -= oldest.segment().byteSize();
    }
    peer.stage(packet);
    stagedOctets += octets;
  }

  /** Takes all packets that wait for a session with the peer, the oldest first. */
  ArrayDeque<PacketBuffer> takeStaged(Peer peer) {
    ArrayDeque<PacketBuffer> taken = peer.takeStaged();
    for (PacketBuffer packet : taken) {
      stagedOctets -= packet.segment().byteSize();
    }
    return taken;
  }

  /** Drops what waits for a session. */
  void discardStaged(Peer peer, DropReason reason) {
    drops.count(reason, takeStaged(peer).size());
  }
}
