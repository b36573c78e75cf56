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
  final int mtuOctets;
  final Map<PublicKey, Peer> peers = new LinkedHashMap<>();
  final IndexTable indices = new IndexTable();
  final DeadlineQueue deadlines = new DeadlineQueue();
  final DropCounters drops = new DropCounters();
  volatile AllowedIps<Peer> allowedIps = AllowedIps.empty();
  volatile LocalIdentity local;
  volatile boolean closed;
  boolean suspended;

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

  /** Drops what waits for a session. */
  void discardStaged(Peer peer, DropReason reason) {
    ArrayDeque<PacketBuffer> discarded = peer.takeStaged();
    drops.count(reason, discarded.size());
  }
}
