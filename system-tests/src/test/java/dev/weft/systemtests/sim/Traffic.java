// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import dev.weft.testkit.SeededRandom;
import dev.weft.testkit.SimNode;
import dev.weft.transport.DatagramEndpoint;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Applications that send each other numbered datagrams, and check what they get: each at most once,
 * from an address of its sender. One of them also sends from addresses that are not its own, which
 * nobody may receive.
 */
final class Traffic {

  private static final int PORT = 7777;
  private static final int FORGING_PORT = 7778;
  private static final int HONEST = 0x57454654;
  private static final int FORGED = 0xbadbad00;
  private static final int HEADER = 16;
  private static final int MAX_PADDING = 1000;
  private static final InetAddress FOREIGN = InetAddress.ofLiteral("fdff:bad::1");

  private record Parcel(int sender, long serial) {}

  private final List<Member> members;
  private final SeededRandom random;
  private final Duration meanPause;
  private final Set<Parcel> delivered = new HashSet<>();
  private final List<String> violations = new ArrayList<>();
  private long sent;
  private long forged;

  Traffic(List<Member> members, SeededRandom random, Duration meanPause) {
    this.members = members;
    this.random = random;
    this.meanPause = meanPause;
  }

  /** The member that lies, and the one whose address it claims. */
  Member forger() {
    return members.get(1);
  }

  private Member victim() {
    return members.get(2);
  }

  /** What the forger takes for its own addresses. */
  List<InetAddress> claims() {
    return List.of(FOREIGN, victim().extraAddress);
  }

  long sent() {
    return sent;
  }

  long delivered() {
    return delivered.size();
  }

  /** What must not happen and did. */
  List<String> violations() {
    return violations;
  }

  /** Opens a member's sockets, once its overlay runs. */
  void bind(Member member, SimNode node) {
    bind(member, node, member.overlayAddress, PORT, member.sockets);
    bind(member, node, member.extraAddress, PORT, member.sockets);
    if (member == forger()) {
      claims().forEach(address -> bind(member, node, address, FORGING_PORT, member.forgers));
    }
  }

  private void bind(
      Member member, SimNode node, InetAddress address, int port, List<DatagramEndpoint> sockets) {
    node.overlay()
        .datagram(address, port, (payload, source) -> onDatagram(member, payload, source))
        .whenComplete(
            (socket, failure) -> {
              if (failure != null) {
                violations.add(member + " could not bind " + address + ": " + failure);
              } else if (member.runs(node)) {
                sockets.add(socket);
              }
            });
  }

  /** Starts a member's application. */
  void start(Member member) {
    member.app.schedule(
        random.nextLong(2 * meanPause.toNanos()),
        () -> {
          send(member);
          start(member);
        });
  }

  private void send(Member member) {
    Member receiver = members.get(random.nextInt(members.size()));
    if (receiver == member || member.sockets.isEmpty()) {
      return;
    }
    DatagramEndpoint socket = random.pick(member.sockets);
    boolean ipv6 = socket.localEndpoint().isIpv6();
    if (member == forger() && receiver == victim() && !ipv6) {
      // It takes that address for its own.
      return;
    }
    ByteBuffer payload = payload(HONEST, member, receiver);
    if (socket.send(payload, target(receiver, ipv6))) {
      sent++;
    }
    if (member == forger() && random.chance(0.5)) {
      forge(receiver);
    }
  }

  private static Endpoint target(Member receiver, boolean ipv6) {
    return new Endpoint(ipv6 ? receiver.overlayAddress : receiver.extraAddress, PORT);
  }

  /** Sends a member datagrams from addresses that the forger does not have. */
  void forge(Member receiver) {
    for (DatagramEndpoint socket : forger().forgers) {
      boolean ipv6 = socket.localEndpoint().isIpv6();
      if ((ipv6 || receiver != victim())
          && socket.send(payload(FORGED, forger(), receiver), target(receiver, ipv6))) {
        forged++;
      }
    }
  }

  long forged() {
    return forged;
  }

  private ByteBuffer payload(int magic, Member sender, Member receiver) {
    byte[] padding = new byte[random.nextInt(MAX_PADDING)];
    ByteBuffer payload = ByteBuffer.allocate(HEADER + padding.length);
    payload.putInt(magic).putShort((short) sender.index).putShort((short) receiver.index);
    return payload.putLong(sender.nextSerial++).put(padding).flip();
  }

  private void onDatagram(Member receiver, ByteBuffer payload, Endpoint source) {
    int magic = payload.getInt();
    int from = payload.getShort();
    int to = payload.getShort();
    long serial = payload.getLong();
    if (magic != HONEST) {
      violations.add(receiver + " got a forged datagram from " + source);
    } else if (to != receiver.index) {
      violations.add(receiver + " got a datagram for " + members.get(to));
    } else if (!members.get(from).has(source.address()) || source.port() != PORT) {
      violations.add(receiver + " got a datagram of " + members.get(from) + " from " + source);
    } else if (!delivered.add(new Parcel(from, serial))) {
      violations.add(receiver + " got datagram " + serial + " of " + members.get(from) + " twice");
    }
  }
}
