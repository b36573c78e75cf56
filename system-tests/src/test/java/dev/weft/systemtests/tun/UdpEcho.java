// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.SplittableRandom;

/** A UDP socket in one namespace that sends to one in another, which sends everything back. */
final class UdpEcho implements AutoCloseable {

  private static final int MAX_DATA = 65_507;
  private static final int ANSWER_MILLIS = 3000;

  private final DatagramSocket server;
  private final DatagramSocket client;
  // Not connected: a connected socket of Java sends no datagram without data.
  private final InetSocketAddress address;
  private final SplittableRandom random = new SplittableRandom(43);
  private final byte[] buffer = new byte[MAX_DATA];

  UdpEcho(Namespace from, Namespace to, InetAddress target) {
    server = to.call(() -> new DatagramSocket(new InetSocketAddress(target, 0)));
    client = from.call(() -> new DatagramSocket(new InetSocketAddress(wildcard(target), 0)));
    address = new InetSocketAddress(target, server.getLocalPort());
    try {
      client.setSoTimeout(ANSWER_MILLIS);
    } catch (SocketException e) {
      throw new AssertionError(e);
    }
    Thread.ofPlatform().daemon().name("udp-echo").start(this::serve);
  }

  private static InetAddress wildcard(InetAddress like) {
    return Underlay.address(like.getAddress().length == 16 ? "::" : "0.0.0.0");
  }

  private void serve() {
    byte[] data = new byte[MAX_DATA];
    while (!server.isClosed()) {
      try {
        DatagramPacket packet = new DatagramPacket(data, data.length);
        server.receive(packet);
        server.send(packet);
      } catch (IOException e) {
        // Closed, or an ICMP error of an earlier answer.
      }
    }
  }

  /** Of the one that sends back. */
  int port() {
    return server.getLocalPort();
  }

  /** As {@link EchoSocket#ping}. */
  String echo(int octets) {
    byte[] data = new byte[octets];
    random.nextBytes(data);
    try {
      client.send(new DatagramPacket(data, octets, address));
      DatagramPacket answer = new DatagramPacket(buffer, buffer.length);
      client.receive(answer);
      byte[] got = Arrays.copyOf(buffer, answer.getLength());
      return Arrays.equals(data, got) ? "" : octets + " octets came back changed: " + got.length;
    } catch (SocketTimeoutException e) {
      return octets + " octets not answered";
    } catch (IOException e) {
      return octets + " octets: " + e;
    }
  }

  @Override
  public void close() {
    client.close();
    server.close();
  }
}
