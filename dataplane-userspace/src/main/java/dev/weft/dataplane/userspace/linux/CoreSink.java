// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.linux;

import dev.weft.dataplane.userspace.bind.Destinations;
import dev.weft.dataplane.userspace.device.DeviceSink;
import dev.weft.dataplane.userspace.message.MessageType;
import dev.weft.linux.udp.ReceiveBatch;
import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import org.jspecify.annotations.Nullable;

/** Takes what the core makes while it is held. Used by whoever holds the core. */
final class CoreSink implements DeviceSink {

  private final ControlOutput output;
  private final boolean hasVnetHeader;
  private final Destinations destinations;
  private final DeviceListener listener;
  private @Nullable ReceiveBatch asked;
  private int askedIndex;
  private @Nullable Endpoint asking;

  CoreSink(
      ControlOutput output,
      boolean hasVnetHeader,
      Destinations destinations,
      DeviceListener listener) {
    this.output = output;
    this.hasVnetHeader = hasVnetHeader;
    this.destinations = destinations;
    this.listener = listener;
  }

  /**
   * Before the core is given a message of handshakes: what it sends back leaves from the address
   * that the message was sent to. {@link #endAnswering} must follow.
   */
  void beginAnswering(Endpoint source, ReceiveBatch batch, int index) {
    asked = batch;
    askedIndex = index;
    asking = source;
  }

  void endAnswering() {
    asked = null;
    asking = null;
  }

  @Override
  public boolean toNetwork(PacketBuffer datagram, Endpoint destination) {
    // A cookie reply proves nothing about who asked; whatever else is sent back does.
    if (asked != null
        && destination.equals(asking)
        && MessageType.of(datagram) != MessageType.COOKIE_REPLY) {
      destinations.onAuthentic(destination, asked, askedIndex);
    }
    return output.send(datagram, destination);
  }

  @Override
  public void toTunnel(PacketBuffer packet, PublicKey peer) {
    if (!listener.takesInner(packet)) {
      output.writeToTun(packet, hasVnetHeader);
    }
  }

  @Override
  public void onHandshakeCompleted(PublicKey peer) {
    listener.onPeerActivity(peer);
  }

  @Override
  public void onEndpointChanged(PublicKey peer, Endpoint endpoint) {
    listener.onPeerActivity(peer);
  }
}
