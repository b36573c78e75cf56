// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.overlay.DatagramException;
import dev.weft.spi.OverlayDatagrams;
import dev.weft.transport.DatagramEndpoint;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** The UDP ports of a {@link FakeDataPlane}. Used by the simulation's thread. */
final class FakeDatagrams implements OverlayDatagrams {

  private static final int FIRST_EPHEMERAL_PORT = 49152;

  private final class Socket implements DatagramEndpoint {
    private final Endpoint local;
    private final Handler handler;

    private Socket(Endpoint local, Handler handler) {
      this.local = local;
      this.handler = handler;
    }

    @Override
    public Endpoint localEndpoint() {
      return local;
    }

    @Override
    public boolean send(ByteBuffer payload, Endpoint destination) {
      network.loop().requireOwner();
      if (sockets.get(local) != this) {
        return false;
      }
      byte[] copy = new byte[payload.remaining()];
      payload.get(copy);
      return plane.send(copy, local, destination);
    }

    @Override
    public void close() {
      sockets.remove(local, this);
    }
  }

  private final FakeDataPlane plane;
  private final SimNetwork network;
  private final Map<Endpoint, Socket> sockets = new HashMap<>();

  FakeDatagrams(FakeDataPlane plane, SimNetwork network) {
    this.plane = plane;
    this.network = network;
  }

  @Override
  public DatagramEndpoint bind(InetAddress address, int port, DatagramEndpoint.Handler handler) {
    network.loop().requireOwner();
    if (!plane.hasAddress(address)) {
      throw new DatagramException(
          "cannot bind " + address.getHostAddress() + ": it is not an address of this host");
    }
    Endpoint local = new Endpoint(address, port == 0 ? freePort(address) : port);
    Socket socket = new Socket(local, handler);
    if (sockets.putIfAbsent(local, socket) != null) {
      throw new DatagramException("cannot bind " + local + ": it is in use");
    }
    return socket;
  }

  private int freePort(InetAddress address) {
    for (int port = FIRST_EPHEMERAL_PORT; port <= 0xffff; port++) {
      if (!sockets.containsKey(new Endpoint(address, port))) {
        return port;
      }
    }
    throw new DatagramException("no free port on " + address.getHostAddress());
  }

  void receive(byte[] payload, Endpoint source, Endpoint destination) {
    Socket socket = sockets.get(destination);
    if (socket == null) {
      plane.countDrop("no-socket");
    } else {
      socket.handler.onDatagram(ByteBuffer.wrap(payload).asReadOnlyBuffer(), source);
    }
  }

  void close() {
    sockets.clear();
  }
}
