// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.standalone;

import dev.weft.dataplane.userspace.AeadSelection;
import dev.weft.dataplane.userspace.linux.DeviceListener;
import dev.weft.dataplane.userspace.linux.DeviceOptions;
import dev.weft.dataplane.userspace.linux.InterfaceRemovedException;
import dev.weft.dataplane.userspace.linux.LinuxConfigurableDevice;
import dev.weft.dataplane.userspace.linux.LinuxDevice;
import dev.weft.dataplane.userspace.uapi.UapiServer;
import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.tun.TunDevice;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.OverlayException;
import dev.weft.peer.PrivateKey;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A WireGuard interface of this process that {@code wg} configures. It has a private key, peers and
 * a port only when it is given them; addresses and routes are not its business. Thread-safe.
 */
public final class WireGuardInterface implements AutoCloseable {

  /** Why an interface ended without a failure. */
  public enum End {
    /** {@link #close} was called. */
    CLOSED,
    /** Somebody removed the interface, such as {@code ip link delete}. */
    INTERFACE_REMOVED,
    /** Somebody removed the configuration socket's file, which asks for the interface's end. */
    SOCKET_REMOVED
  }

  private final LinuxDevice device;
  private final UapiServer server;
  private final AeadSelection ciphers;
  private final CompletableFuture<End> ended;

  private WireGuardInterface(
      LinuxDevice device, UapiServer server, AeadSelection ciphers, CompletableFuture<End> ended) {
    this.device = device;
    this.server = server;
    this.ciphers = ciphers;
    this.ended = ended;
  }

  /** Why interfaces cannot be made here, for a person; empty if they can. */
  public static Optional<String> unavailableReason() {
    return TunDevice.unavailableReason();
  }

  /**
   * Makes an interface and serves its configuration socket.
   *
   * @param name 1 to 15 characters
   * @throws OverlayException if the interface, a socket or a cipher cannot be had; the message says
   *     which
   */
  public static WireGuardInterface open(String name) {
    unavailableReason()
        .ifPresent(
            reason -> {
              throw new OverlayException("making interface " + name + " failed: " + reason);
            });
    return open(name, Optional.empty());
  }

  /**
   * The same with a descriptor of an open TUN interface, which this takes over.
   *
   * @param name its name, for the socket
   */
  public static WireGuardInterface adopt(String name, int descriptor) {
    return open(name, Optional.of(descriptor));
  }

  private static WireGuardInterface open(String name, Optional<Integer> descriptor) {
    AeadSelection ciphers = AeadSelection.onPath();
    ciphers.require();
    var _ = ciphers.startWarmUp();
    CompletableFuture<End> ended = new CompletableFuture<>();
    try {
      SystemEnvironment system = new SystemEnvironment();
      DeviceOptions options =
          DeviceOptions.standard(
              InterfaceConfig.DEFAULT_MTU_OCTETS, InterfaceConfig.DEFAULT_SOCKET_BUFFER_OCTETS);
      TunDevice tun =
          descriptor.isPresent()
              ? TunDevice.adopt(descriptor.get())
              : TunDevice.open(name, options.workers());
      LinuxDevice device =
          new LinuxDevice(
              tun,
              PrivateKey.generate(system),
              options.withWorkers(tun.queues()),
              ciphers::current,
              system,
              system,
              new EndOfDevice(ended));
      device.withCore(
          (core, nowNanos, sink) -> {
            core.clearPrivateKey();
            return true;
          });
      try {
        device.setMtu(options.mtuOctets());
        device.start();
        UapiServer server =
            UapiServer.open(
                UapiServer.DIRECTORY,
                device.name(),
                new LinuxConfigurableDevice(device),
                system,
                () -> ended.complete(End.SOCKET_REMOVED));
        return new WireGuardInterface(device, server, ciphers, ended);
      } catch (IOException | RuntimeException e) {
        device.close();
        throw e;
      }
    } catch (IOException e) {
      throw new OverlayException("making interface " + name + " failed: " + e.getMessage(), e);
    } catch (LinuxException e) {
      throw new OverlayException("making interface " + name + " failed: " + reason(e), e);
    }
  }

  /** What the kernel means with the answers of TUNSETIFF. */
  private static String reason(LinuxException failure) {
    return switch (failure.errno()) {
      case Errno.EBUSY -> "another process has an interface of this name";
      case Errno.EINVAL ->
          "it exists and is of another kind, or this is no name of an interface: "
              + failure.getMessage();
      default -> String.valueOf(failure.getMessage());
    };
  }

  /** Tells that the device cannot go on. */
  private record EndOfDevice(CompletableFuture<End> ended) implements DeviceListener {
    @Override
    public void onFailure(Throwable cause) {
      if (cause instanceof InterfaceRemovedException) {
        ended.complete(End.INTERFACE_REMOVED);
        return;
      }
      ended.completeExceptionally(
          new OverlayException("the interface ended: " + cause.getMessage(), cause));
    }
  }

  /** The interface's name. */
  public String name() {
    return device.name();
  }

  /**
   * Completed by {@link #close} and when somebody removed the interface or its socket, which does
   * not close it yet; exceptionally if it failed.
   */
  public CompletionStage<End> ended() {
    return ended.minimalCompletionStage();
  }

  /** What is worth showing, by name: the cipher in use, offloads, buffers, counts, drops. */
  public Map<String, String> status() {
    Map<String, String> status = new LinkedHashMap<>();
    status.put("interface", device.name());
    status.put("listen-port", Integer.toString(device.listenPort()));
    status.put("aead", ciphers.current().name());
    status.put("aead-order", ciphers.order());
    status.put("workers", Integer.toString(device.options().workers()));
    status.putAll(device.offloadStatus().details());
    status.put("receive-buffer-octets", Integer.toString(device.receiveBufferOctets()));
    status.put("send-buffer-octets", Integer.toString(device.sendBufferOctets()));
    status.putAll(device.counts().details());
    device.counts().drops().forEach((reason, count) -> status.put("drop-" + reason, "" + count));
    device
        .withCore((core, nowNanos, sink) -> core.drops())
        .forEach((reason, count) -> status.put("drop-" + reason, "" + count));
    return status;
  }

  /** Removes the interface and its socket. Idempotent. */
  @Override
  public void close() {
    server.close();
    device.close();
    ended.complete(End.CLOSED);
  }
}
