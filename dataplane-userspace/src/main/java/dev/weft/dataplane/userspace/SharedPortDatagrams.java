// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.spi.UnderlayDatagrams;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What passes the WireGuard port without being WireGuard's: STUN and external PEX. Owned by the
 * overlay's queue, but for {@link #claims}.
 */
final class SharedPortDatagrams implements UnderlayDatagrams {

  private static final int MAX_OCTETS = 1_472;
  private static final int HEADER_OCTETS = 4;
  private static final int TRANSPORT_DATA = 4;
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** The port while packets flow. */
  interface Port {
    /** Where it listens; empty while it does not. */
    Optional<Endpoint> localEndpoint();

    /** Sends a datagram; false if it was dropped. */
    boolean send(PacketBuffer datagram, Endpoint destination);
  }

  private final Port port;
  private volatile @Nullable Handler handler;

  /** The datagrams of a port. */
  SharedPortDatagrams(Port port) {
    this.port = port;
  }

  /** The address of a port that listens on all. */
  static InetAddress anyAddress() {
    return new InetSocketAddress(0).getAddress();
  }

  @Override
  public Optional<Endpoint> localEndpoint() {
    return port.localEndpoint();
  }

  @Override
  public boolean send(ByteBuffer datagram, Endpoint destination) {
    int octets = datagram.remaining();
    if (octets > MAX_OCTETS) {
      return false;
    }
    byte[] copy = new byte[octets];
    datagram.duplicate().get(copy);
    PacketBuffer outgoing = PacketBuffer.allocate(0, octets);
    outgoing.copyFrom(copy, 0, octets);
    return port.send(outgoing, destination);
  }

  @Override
  public void receive(Handler receiver) {
    handler = receiver;
  }

  void close() {
    handler = null;
  }

  /** Whether a datagram is not WireGuard's and the handler wants it. Any thread. */
  boolean claims(PacketBuffer datagram) {
    Handler current = handler;
    return current != null && !isWireGuard(datagram) && current.claims(view(datagram));
  }

  /** Passes a datagram that {@link #claims} held to be the handler's on. */
  void deliver(PacketBuffer datagram, Endpoint source) {
    Handler current = handler;
    if (current != null) {
      current.onDatagram(view(datagram), source);
    }
  }

  /** The type and three reserved octets, which are zero. WG §5.4. */
  private static boolean isWireGuard(PacketBuffer datagram) {
    if (datagram.length() < HEADER_OCTETS) {
      return false;
    }
    int word = datagram.segment().get(U32, datagram.offset());
    return word >= 1 && word <= TRANSPORT_DATA;
  }

  private static ByteBuffer view(PacketBuffer datagram) {
    return datagram
        .segment()
        .asSlice(datagram.offset(), datagram.length())
        .asByteBuffer()
        .asReadOnlyBuffer();
  }
}
