// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.spi.UnderlayBinding;
import dev.weft.spi.UnderlayDatagrams;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.function.Supplier;
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

  private final Supplier<Optional<UnderlayBinding>> binding;
  private volatile @Nullable Handler handler;

  /**
   * The datagrams of a port.
   *
   * @param binding the port while packets flow
   */
  SharedPortDatagrams(Supplier<Optional<UnderlayBinding>> binding) {
    this.binding = binding;
  }

  @Override
  public Optional<Endpoint> localEndpoint() {
    return binding.get().map(UnderlayBinding::localEndpoint);
  }

  @Override
  public boolean send(ByteBuffer datagram, Endpoint destination) {
    Optional<UnderlayBinding> bound = binding.get();
    int octets = datagram.remaining();
    if (bound.isEmpty() || octets > MAX_OCTETS) {
      return false;
    }
    byte[] copy = new byte[octets];
    datagram.duplicate().get(copy);
    PacketBuffer outgoing = PacketBuffer.allocate(0, octets);
    outgoing.copyFrom(copy, 0, octets);
    return bound.get().send(outgoing, destination);
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
