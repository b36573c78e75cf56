// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import dev.weft.config.NetworkData;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PeerId;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.MalformedMessageException;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponseNoData;
import dev.weft.pex.message.UpdateResponseRefused;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.netdata.UpdateDownload;
import dev.weft.pex.netdata.UpdateOutcome;
import dev.weft.pex.netdata.UpdateSealing;
import dev.weft.pex.netdata.UpdateSealing.ChunkSizes;
import dev.weft.spi.RandomSource;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;

/** A node on a loopback socket that answers by the table of PEX §8.2 and loses datagrams. */
final class LoopbackNode implements AutoCloseable {

  private final DatagramSocket socket;
  private final PrivateKey key;
  private final AuthKey authKey;
  private final IntPredicate loses;
  private final RandomSource random = new Seeded();
  private final AtomicInteger datagrams = new AtomicInteger();
  private volatile Optional<SignedNetworkData> data;
  private Optional<UpdateDownload> pull = Optional.empty();

  private static final class Seeded implements RandomSource {
    private final Random random = new Random(11);

    @Override
    public void nextBytes(byte[] target) {
      random.nextBytes(target);
    }

    @Override
    public int nextInt(int bound) {
      return random.nextInt(bound);
    }
  }

  /**
   * Starts it.
   *
   * @param data what it has at first
   * @param loses which datagrams get lost, counted in both directions together from 0
   */
  LoopbackNode(
      PrivateKey key, AuthKey authKey, Optional<SignedNetworkData> data, IntPredicate loses)
      throws IOException {
    this.key = key;
    this.authKey = authKey;
    this.data = data;
    this.loses = loses;
    socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::run, "loopback-node");
    thread.setDaemon(true);
    thread.start();
  }

  /** {@code host:port}, as the tool takes it. */
  String address() {
    return socket.getLocalAddress().getHostAddress() + ":" + socket.getLocalPort();
  }

  Optional<SignedNetworkData> data() {
    return data;
  }

  private void run() {
    byte[] buffer = new byte[ExternalCodec.MAX_RECEIVED];
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        socket.receive(packet);
        if (!loses.test(datagrams.getAndIncrement())) {
          answer(ByteBuffer.wrap(buffer, 0, packet.getLength()), packet.getSocketAddress());
        }
      }
    } catch (SocketException e) {
      // Closed.
    } catch (IOException | MalformedMessageException e) {
      throw new AssertionError(e);
    }
  }

  private void answer(ByteBuffer octets, SocketAddress source)
      throws IOException, MalformedMessageException {
    ExternalDatagram datagram = ExternalCodec.decode(octets, authKey);
    if (datagram.message() instanceof UpdateRequest request) {
      for (PexMessage answer : answers(datagram.sender(), request)) {
        send(
            ExternalCodec.encode(
                new ExternalDatagram(key.publicKey().peerId(), 5, answer), authKey),
            source);
      }
      long version = data.map(SignedNetworkData::version).orElse(0L);
      if (Long.compareUnsigned(request.version(), version) > 0 && pull.isEmpty()) {
        UpdateDownload download = new UpdateDownload(key, authKey, random);
        pull = Optional.of(download);
        for (ByteBuffer ask : download.attempt()) {
          send(ask, source);
        }
      }
    } else if (pull.isPresent()) {
      pull.get().onDatagram(octets);
      if (pull.get().outcome().isPresent()) {
        if (pull.get().outcome().get() instanceof UpdateOutcome.Downloaded(SignedNetworkData d)) {
          data = Optional.of(d);
        }
        pull = Optional.empty();
      }
    }
  }

  private List<PexMessage> answers(PeerId sender, UpdateRequest request) {
    if (data.isEmpty()) {
      return List.of();
    }
    SignedNetworkData own = data.get();
    Optional<PublicKey> host =
        NetworkData.parse(own.json()).hosts().stream()
            .map(NetworkData.Host::key)
            .filter(known -> known.peerId().equals(sender))
            .findFirst();
    if (host.isPresent() && own.isNewerThan(request.version())) {
      return UpdateSealing.seal(own, request.requestId(), host.get(), random, ChunkSizes.EXTERNAL);
    }
    List<PexMessage> answers = new ArrayList<>();
    if (host.isPresent()) {
      answers.add(new UpdateResponseNoData(request.requestId(), own.version()));
    } else if (Long.compareUnsigned(request.version(), own.version()) <= 0) {
      answers.add(new UpdateResponseRefused(request.requestId(), own.version()));
    }
    return answers;
  }

  private void send(ByteBuffer datagram, SocketAddress target) throws IOException {
    if (!loses.test(datagrams.getAndIncrement())) {
      byte[] octets = new byte[datagram.remaining()];
      datagram.get(octets);
      socket.send(new DatagramPacket(octets, octets.length, target));
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
