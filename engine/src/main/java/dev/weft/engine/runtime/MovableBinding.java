// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine.runtime;

import dev.weft.overlay.UnderlayException;
import dev.weft.spi.Scheduler;
import dev.weft.spi.UnderlayBinding;
import dev.weft.spi.UnderlayPortFactory;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A device's binding, which may move from one shared port to another. Belongs to the user's queue,
 * on which the port it leaves and the port it joins both deliver.
 */
final class MovableBinding implements UnderlayBinding {

  private final UnderlayPortTable ports;
  private final UnderlayPortFactory.Spec spec;
  private final Scheduler queue;
  private final User user;
  private SharedUnderlayPort.Share share;
  private boolean closed;

  MovableBinding(
      UnderlayPortTable ports,
      UnderlayPortFactory.Spec spec,
      Scheduler queue,
      User user,
      SharedUnderlayPort.Share share) {
    this.ports = ports;
    this.spec = spec;
    this.queue = queue;
    this.user = user;
    this.share = share;
  }

  @Override
  public CompletionStage<Void> moveTo(int port) {
    if (port != 0 && share.localEndpoint().port() == port) {
      return CompletableFuture.completedFuture(null);
    }
    return ports
        .joinShared(
            new UnderlayPortFactory.Spec(spec.bindAddress(), port, spec.socketBufferOctets()),
            queue,
            user)
        .thenAccept(this::adopt);
  }

  private void adopt(SharedUnderlayPort.Share joined) {
    if (closed) {
      joined.close();
      throw new UnderlayException("the underlay port was left while it was being exchanged");
    }
    SharedUnderlayPort.Share left = share;
    joined.takeOver(left.indices());
    share = joined;
    left.close();
  }

  @Override
  public Endpoint localEndpoint() {
    return share.localEndpoint();
  }

  @Override
  public int receiveBufferOctets() {
    return share.receiveBufferOctets();
  }

  @Override
  public int sendBufferOctets() {
    return share.sendBufferOctets();
  }

  @Override
  public int allocateIndex() {
    return share.allocateIndex();
  }

  @Override
  public void releaseIndex(int index) {
    share.releaseIndex(index);
  }

  @Override
  public boolean send(PacketBuffer datagram, Endpoint destination) {
    return share.send(datagram, destination);
  }

  @Override
  public Optional<InetAddress> localAddressTowards(Endpoint destination) {
    return share.localAddressTowards(destination);
  }

  @Override
  public CompletionStage<Void> rebind() {
    return share.rebind();
  }

  @Override
  public CompletionStage<Void> close() {
    closed = true;
    return share.close();
  }
}
