// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.UnderlayException;
import dev.weft.spi.Scheduler;
import dev.weft.spi.UnderlayBinding;
import dev.weft.spi.UnderlayPort;
import dev.weft.spi.UnderlayPortFactory;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class NettyRuntimeTest {

  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

  private final NettyRuntime runtime = new NettyRuntime(2);

  /** Received datagrams, copied. */
  private static final class Inbox implements UnderlayBinding.User {
    private final BlockingQueue<byte[]> datagrams = new LinkedBlockingQueue<>();
    private final Predicate<byte[]> claims;

    Inbox(Predicate<byte[]> claims) {
      this.claims = claims;
    }

    @Override
    public boolean claims(PacketBuffer initiation) {
      return claims.test(initiation.toByteArray());
    }

    @Override
    public void onDatagram(PacketBuffer datagram, Endpoint source) {
      datagrams.add(datagram.toByteArray());
    }

    byte[] take() throws InterruptedException {
      byte[] datagram = datagrams.poll(10, TimeUnit.SECONDS);
      assertNotNull(datagram, "no datagram came");
      return datagram;
    }
  }

  private static UnderlayPortFactory.Spec loopback(int port) {
    return new UnderlayPortFactory.Spec(Optional.of(LOOPBACK), port, 1 << 20);
  }

  private static PacketBuffer datagram(byte... octets) {
    PacketBuffer buffer = PacketBuffer.allocate(0, octets.length);
    buffer.copyFrom(octets, 0, octets.length);
    return buffer;
  }

  @AfterEach
  void endRuntime() {
    runtime.close();
  }

  private static void send(
      Scheduler queue, UnderlayPort from, PacketBuffer datagram, Endpoint destination) {
    assertTrue(
        CompletableFuture.supplyAsync(() -> from.send(datagram, destination), queue::execute)
            .join());
  }

  @Test
  void datagramsTravelBetweenPortsAndBuffersAreGranted() throws InterruptedException {
    Scheduler queue = runtime.newQueue();
    Inbox inbox = new Inbox(any -> false);
    UnderlayPort receiver =
        runtime.underlayPorts().open(loopback(0), queue, inbox).toCompletableFuture().join();
    UnderlayPort sender =
        runtime
            .underlayPorts()
            .open(loopback(0), queue, new Inbox(any -> false))
            .toCompletableFuture()
            .join();
    assertTrue(receiver.receiveBufferOctets() > 0);
    assertTrue(receiver.sendBufferOctets() > 0);
    byte[] large = new byte[1452];
    large[7] = 7;
    send(queue, sender, datagram(large), receiver.localEndpoint());
    assertArrayEquals(large, inbox.take());
    send(queue, sender, datagram(), receiver.localEndpoint());
    assertEquals(0, inbox.take().length);
    assertEquals(Optional.of(LOOPBACK), sender.localAddressTowards(Endpoint.parse("127.0.0.9:1")));
    receiver.close();
    sender.close();
  }

  @Test
  void aHandlerThatFailsDoesNotEndTheReceiveLoop() throws InterruptedException {
    Scheduler queue = runtime.newQueue();
    AtomicBoolean failed = new AtomicBoolean();
    Inbox inbox = new Inbox(any -> false);
    UnderlayPort.Handler handler =
        (datagram, source) -> {
          if (failed.compareAndSet(false, true)) {
            throw new IllegalStateException("on purpose");
          }
          inbox.onDatagram(datagram, source);
        };
    UnderlayPort port =
        runtime.underlayPorts().open(loopback(0), queue, handler).toCompletableFuture().join();
    send(queue, port, datagram((byte) 1), port.localEndpoint());
    send(queue, port, datagram((byte) 2), port.localEndpoint());
    assertArrayEquals(new byte[] {2}, inbox.take());
    port.close();
  }

  @Test
  void aTakenPortFailsWithAReadableError() {
    Scheduler queue = runtime.newQueue();
    UnderlayPort port =
        runtime
            .underlayPorts()
            .open(loopback(0), queue, new Inbox(any -> false))
            .toCompletableFuture()
            .join();
    CompletionException failure =
        assertThrows(
            CompletionException.class,
            () ->
                runtime
                    .underlayPorts()
                    .open(loopback(port.localEndpoint().port()), queue, new Inbox(any -> false))
                    .toCompletableFuture()
                    .join());
    assertInstanceOf(UnderlayException.class, failure.getCause());
    port.close();
  }

  @Test
  void anUnreachableDestinationIsADropNotAnException() {
    Scheduler queue = runtime.newQueue();
    UnderlayPort port =
        runtime
            .underlayPorts()
            .open(loopback(0), queue, new Inbox(any -> false))
            .toCompletableFuture()
            .join();
    assertFalse(
        CompletableFuture.supplyAsync(
                () -> port.send(datagram((byte) 1), Endpoint.parse("[2001:db8::1]:1")),
                queue::execute)
            .join());
    port.close();
  }

  @Test
  void devicesShareAPortByMac1AndReceiverIndex() throws InterruptedException {
    UnderlayPortTable table = new UnderlayPortTable(runtime);
    Inbox first = new Inbox(octets -> octets[20] == 1);
    Inbox second = new Inbox(octets -> octets[20] == 2);
    int port = freePort();
    // Two queues on two loops, so that the hand-over is exercised.
    UnderlayBinding one = join(table, port, runtime.newQueue(), first);
    UnderlayBinding two = join(table, port, runtime.newQueue(), second);
    assertEquals(one.localEndpoint(), two.localEndpoint());
    Scheduler queue = runtime.newQueue();
    UnderlayPort sender =
        runtime
            .underlayPorts()
            .open(loopback(0), queue, new Inbox(any -> false))
            .toCompletableFuture()
            .join();
    byte[] initiation = new byte[148];
    initiation[0] = 1;
    initiation[20] = 2;
    send(queue, sender, datagram(initiation), one.localEndpoint());
    assertArrayEquals(initiation, second.take());
    int index = one.allocateIndex();
    byte[] data = new byte[32];
    data[0] = 4;
    putIndex(data, 4, index);
    send(queue, sender, datagram(data), one.localEndpoint());
    assertArrayEquals(data, first.take());
    byte[] response = new byte[92];
    response[0] = 2;
    putIndex(response, 8, index);
    send(queue, sender, datagram(response), one.localEndpoint());
    assertArrayEquals(response, first.take());
    assertTrue(first.datagrams.isEmpty());
    assertTrue(second.datagrams.isEmpty());
    one.close().toCompletableFuture().join();
    two.close().toCompletableFuture().join();
    sender.close();
    // The last device gone, the port number is free again.
    UnderlayBinding again = join(table, port, runtime.newQueue(), first);
    again.close();
  }

  @Test
  void theSixtyFifthDeviceOnAPortIsRefused() {
    UnderlayPortTable table = new UnderlayPortTable(runtime);
    int port = freePort();
    List<UnderlayBinding> bindings =
        IntStream.range(0, 64)
            .mapToObj(i -> join(table, port, runtime.newQueue(), new Inbox(any -> false)))
            .toList();
    CompletionException failure =
        assertThrows(
            CompletionException.class,
            () -> join(table, port, runtime.newQueue(), new Inbox(any -> false)));
    assertInstanceOf(UnderlayException.class, failure.getCause());
    bindings.forEach(UnderlayBinding::close);
  }

  @Test
  void rebindingOpensTheSamePortAnew() throws InterruptedException {
    UnderlayPortTable table = new UnderlayPortTable(runtime);
    Inbox inbox = new Inbox(any -> true);
    int port = freePort();
    Scheduler queue = runtime.newQueue();
    UnderlayBinding binding = join(table, port, queue, inbox);
    binding.rebind().toCompletableFuture().join();
    assertEquals(port, binding.localEndpoint().port());
    assertTrue(
        CompletableFuture.supplyAsync(
                () -> binding.send(datagram((byte) 4), binding.localEndpoint()), queue::execute)
            .join());
    assertArrayEquals(new byte[] {4}, inbox.take());
    binding.close();
  }

  @Test
  void scheduledTasksRunOnTheirQueueUnlessCancelled() throws InterruptedException {
    Scheduler queue = runtime.newQueue();
    CountDownLatch ran = new CountDownLatch(1);
    AtomicBoolean onQueue = new AtomicBoolean();
    AtomicBoolean cancelledRan = new AtomicBoolean();
    queue.schedule(100_000_000, () -> cancelledRan.set(true)).cancel();
    queue.schedule(
        200_000_000,
        () -> {
          onQueue.set(queue.isCurrent() && runtime.isRuntimeThread());
          ran.countDown();
        });
    assertTrue(ran.await(10, TimeUnit.SECONDS));
    assertTrue(onQueue.get());
    assertFalse(cancelledRan.get());
    assertFalse(runtime.isRuntimeThread());
  }

  @Test
  void numbersAreResolvedAtOnceAndNamesElsewhere() throws Exception {
    assertEquals(
        List.of(InetAddress.ofLiteral("192.0.2.1")),
        runtime.resolver().resolve("192.0.2.1").toCompletableFuture().getNow(List.of()));
    assertFalse(
        runtime
            .resolver()
            .resolve("localhost")
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS)
            .isEmpty());
  }

  private static byte[] dataFor(int index) {
    byte[] octets = new byte[32];
    octets[0] = 4;
    putIndex(octets, 4, index);
    return octets;
  }

  @Test
  void aDeviceMovesToAnotherPortWithItsIndices() throws InterruptedException {
    UnderlayPortTable table = new UnderlayPortTable(runtime);
    Scheduler queue = runtime.newQueue();
    Inbox resident = new Inbox(any -> false);
    Inbox mover = new Inbox(any -> false);
    int second = freePort();
    UnderlayBinding stays = join(table, second, queue, resident);
    UnderlayBinding moves = join(table, freePort(), queue, mover);
    int index = moves.allocateIndex();
    Endpoint left = moves.localEndpoint();

    onQueue(queue, () -> moves.moveTo(second)).join();

    assertEquals(second, moves.localEndpoint().port());
    UnderlayPort sender =
        runtime
            .underlayPorts()
            .open(loopback(0), queue, new Inbox(any -> false))
            .toCompletableFuture()
            .join();
    send(queue, sender, datagram(dataFor(index)), moves.localEndpoint());
    assertArrayEquals(dataFor(index), mover.take());
    // The port that was left is free again.
    join(table, left.port(), queue, new Inbox(any -> false)).close().toCompletableFuture().join();
    sender.close();
    stays.close();
    moves.close();
  }

  @Test
  void aPortThatIsTakenIsNotMovedTo() {
    UnderlayPortTable table = new UnderlayPortTable(runtime);
    Scheduler queue = runtime.newQueue();
    UnderlayPort taken =
        runtime
            .underlayPorts()
            .open(loopback(0), queue, new Inbox(any -> false))
            .toCompletableFuture()
            .join();
    UnderlayBinding binding = join(table, freePort(), queue, new Inbox(any -> false));
    Endpoint before = binding.localEndpoint();

    CompletableFuture<Void> moved =
        onQueue(queue, () -> binding.moveTo(taken.localEndpoint().port()));

    assertThrows(CompletionException.class, moved::join);
    assertEquals(before, binding.localEndpoint());
    binding.close();
    taken.close();
  }

  @Test
  void whatIsNotWireGuardsGoesToTheDeviceThatClaimsIt() throws InterruptedException {
    UnderlayPortTable table = new UnderlayPortTable(runtime);
    Scheduler queue = runtime.newQueue();
    Inbox first = new Inbox(any -> false);
    // As a STUN response begins: type 0x0101.
    Inbox second = new Inbox(octets -> octets[0] == 1 && octets[1] == 1);
    int port = freePort();
    UnderlayBinding one = join(table, port, queue, first);
    UnderlayBinding two = join(table, port, queue, second);
    UnderlayPort sender =
        runtime
            .underlayPorts()
            .open(loopback(0), queue, new Inbox(any -> false))
            .toCompletableFuture()
            .join();
    byte[] response = new byte[32];
    response[0] = 1;
    response[1] = 1;
    byte[] stray = new byte[32];
    stray[3] = 9;
    send(queue, sender, datagram(stray), one.localEndpoint());
    send(queue, sender, datagram(response), one.localEndpoint());
    assertArrayEquals(response, second.take());
    assertTrue(first.datagrams.isEmpty());
    assertTrue(second.datagrams.isEmpty());
    sender.close();
    one.close();
    two.close();
  }

  /** Starts something on a queue; the stage it returns. */
  private static <T> CompletableFuture<T> onQueue(
      Scheduler queue, Supplier<CompletionStage<T>> task) {
    return CompletableFuture.supplyAsync(task, queue::execute).thenCompose(stage -> stage);
  }

  private UnderlayBinding join(
      UnderlayPortTable table, int port, Scheduler queue, UnderlayBinding.User user) {
    return table.join(loopback(port), queue, user).toCompletableFuture().join();
  }

  private int freePort() {
    Scheduler queue = runtime.newQueue();
    UnderlayPort port =
        runtime
            .underlayPorts()
            .open(loopback(0), queue, new Inbox(any -> false))
            .toCompletableFuture()
            .join();
    port.close().toCompletableFuture().join();
    return port.localEndpoint().port();
  }

  private static void putIndex(byte[] octets, int offset, int index) {
    for (int i = 0; i < 4; i++) {
      octets[offset + i] = (byte) (index >>> (8 * i));
    }
  }
}
