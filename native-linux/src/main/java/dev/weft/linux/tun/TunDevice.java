// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.tun;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.FileDescriptor;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.libc.NativeAccess;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A TUN device: a network interface whose IP packets this process sends and receives. The methods
 * of this class belong to one thread; the queues have rules of their own. Addresses, routes, MTU
 * and bringing it up are somebody else's.
 */
public final class TunDevice implements AutoCloseable {

  /** The octets of the {@code virtio_net_hdr} before each packet. */
  public static final int VNET_HEADER_OCTETS = 10;

  private static final String PATH = "/dev/net/tun";

  /** The bit of CAP_NET_ADMIN, capabilities(7). */
  private static final int CAP_NET_ADMIN = 12;

  private final String name;
  private final boolean vnetHeader;
  private final List<TunQueue> queues;

  private TunDevice(String name, boolean vnetHeader, List<TunQueue> queues) {
    this.name = name;
    this.vnetHeader = vnetHeader;
    this.queues = List.copyOf(queues);
  }

  /**
   * Why TUN devices cannot be made here; empty if they can. Without side effects; never throws. It
   * does not see what forbids it in a network namespace that belongs to another user namespace.
   */
  public static Optional<String> unavailableReason() {
    try {
      if (!Files.exists(Path.of(PATH))) {
        return Optional.of("there is no " + PATH);
      }
      if (!hasNetAdmin()) {
        return Optional.of("the process has not the privilege CAP_NET_ADMIN");
      }
      int descriptor = TunCalls.open(PATH);
      if (descriptor < 0) {
        return Optional.of("opening " + PATH + " failed: " + Errno.describe(-descriptor));
      }
      new FileDescriptor(descriptor).close();
      return Optional.empty();
    } catch (LinkageError | RuntimeException e) {
      // Native access that is denied, or another C library: initialising the bindings failed.
      return Optional.of(NativeAccess.reason(e));
    }
  }

  private static boolean hasNetAdmin() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/thread-self/status"))) {
        if (line.startsWith("CapEff:")) {
          long effective = Long.parseUnsignedLong(line.substring(7).strip(), 16);
          return (effective >>> CAP_NET_ADMIN & 1) != 0;
        }
      }
      return true;
    } catch (IOException _) {
      // Not to be seen without /proc: opening the device will tell.
      return true;
    }
  }

  /**
   * Makes a TUN device, with the vnet header if the kernel can. It is down, and has all offloads
   * off. Its interface exists until all queues are closed, unless it was made persistent before.
   *
   * @param name of at most 15 octets; {@code ""}, or with {@code %d}: the kernel completes it
   * @param queues at least 1
   * @throws LinuxException without the privilege, if another process has the interface, or if an
   *     interface of another kind has the name
   */
  public static TunDevice open(String name, int queues) {
    byte[] octets = name.getBytes(StandardCharsets.UTF_8);
    if (octets.length >= TunCalls.IFNAMSIZ || name.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("interface name: " + name + " has over 15 octets or a 0");
    }
    if (queues < 1) {
      throw new IllegalArgumentException("queues: " + queues + " is less than 1");
    }
    List<TunQueue> opened = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(TunCalls.IFREQ);
      MemorySegment.copy(octets, 0, request, JAVA_BYTE, TunCalls.IFR_NAME, octets.length);
      int flags = TunCalls.IFF_TUN | TunCalls.IFF_NO_PI;
      boolean vnetHeader = false;
      for (int i = 0; i < queues; i++) {
        int descriptor = LinuxException.check("opening " + PATH, TunCalls.open(PATH));
        opened.add(new TunQueue(new FileDescriptor(descriptor)));
        if (i == 0) {
          vnetHeader = (features(descriptor, arena) & TunCalls.IFF_VNET_HDR) != 0;
          flags |= vnetHeader ? TunCalls.IFF_VNET_HDR : 0;
          flags |= queues > 1 ? TunCalls.IFF_MULTI_QUEUE : 0;
        }
        request.set(JAVA_SHORT, TunCalls.IFR_FLAGS, (short) flags);
        // Leaves the name it got in the request, so that the further queues name it.
        int made = TunCalls.ioctl(descriptor, TunCalls.TUNSETIFF, request.address());
        if (made < 0) {
          throw refused(name, -made);
        }
        if (vnetHeader) {
          fixHeaderSize(descriptor, arena);
        }
        if (i == 0) {
          // A persistent interface keeps what its last user wanted.
          int _ = TunCalls.ioctl(descriptor, TunCalls.TUNSETOFFLOAD, 0);
        }
      }
      return new TunDevice(request.getString(TunCalls.IFR_NAME), vnetHeader, opened);
    } catch (RuntimeException e) {
      opened.forEach(TunQueue::close);
      throw e;
    }
  }

  /**
   * Takes over a descriptor that is attached to a TUN device: the device has one queue then. Sets
   * it non-blocking and not to be inherited. After an exception it is still the caller's. It must
   * have been made with IFF_NO_PI, which the kernel does not tell: TUNGETIFF uses that bit to say
   * that there is no filter.
   *
   * @throws LinuxException if it is none
   */
  public static TunDevice adopt(int descriptor) {
    if (descriptor < 0) {
      throw new IllegalArgumentException("descriptor: " + descriptor + " is negative");
    }
    String what = "taking over descriptor " + descriptor + " as a TUN device";
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(TunCalls.IFREQ);
      LinuxException.check(what, TunCalls.ioctl(descriptor, TunCalls.TUNGETIFF, request.address()));
      short flags = request.get(JAVA_SHORT, TunCalls.IFR_FLAGS);
      if ((flags & TunCalls.IFF_TUN) == 0) {
        throw new LinuxException(what + " failed: it carries Ethernet frames (TAP)");
      }
      boolean vnetHeader = (flags & TunCalls.IFF_VNET_HDR) != 0;
      if (vnetHeader) {
        fixHeaderSize(descriptor, arena);
      }
      LinuxException.check(what, TunCalls.setUp(descriptor));
      return new TunDevice(
          request.getString(TunCalls.IFR_NAME),
          vnetHeader,
          List.of(new TunQueue(new FileDescriptor(descriptor))));
    }
  }

  /** The kernel's number alone does not tell what to do. */
  private static LinuxException refused(String name, int errno) {
    String what = "making the TUN device " + name;
    return switch (errno) {
      case Errno.EBUSY ->
          new LinuxException(
              what, errno, "another process has the interface; end it, or choose another name");
      case Errno.EINVAL, Errno.EEXIST ->
          new LinuxException(
              what,
              errno,
              "an interface of another kind has the name; remove it, or choose another name");
      default -> new LinuxException(what, errno);
    };
  }

  private static int features(int descriptor, Arena arena) {
    MemorySegment features = arena.allocate(JAVA_INT);
    int result = TunCalls.ioctl(descriptor, TunCalls.TUNGETFEATURES, features.address());
    return result < 0 ? 0 : features.get(JAVA_INT, 0);
  }

  /** A device that existed before may have been left with the longer header of virtio 1.0. */
  private static void fixHeaderSize(int descriptor, Arena arena) {
    MemorySegment size = arena.allocateFrom(JAVA_INT, VNET_HEADER_OCTETS);
    LinuxException.check(
        "setting the vnet header's size",
        TunCalls.ioctl(descriptor, TunCalls.TUNSETVNETHDRSZ, size.address()));
  }

  /** The interface's name when it was opened; it may be renamed later. */
  public String name() {
    return name;
  }

  /** Whether a {@code virtio_net_hdr} of {@value #VNET_HEADER_OCTETS} octets precedes packets. */
  public boolean hasVnetHeader() {
    return vnetHeader;
  }

  /** How many queues this process has of the device. */
  public int queues() {
    return queues.size();
  }

  /** One of {@link #queues}. */
  public TunQueue queue(int index) {
    return queues.get(index);
  }

  /**
   * What the system leaves to the reader of the device: packets whose transport checksum is not
   * finished, and packets of up to 64 KB to be cut into TCP or UDP segments.
   */
  public record Offloads(boolean checksum, boolean tso, boolean uso) {}

  /**
   * Lets the system send packets without checksum, and if wanted unsegmented. What this kernel does
   * not know stays off (USO came with Linux 6.2); without the vnet header all does. Replaces what
   * was on before.
   *
   * @param tso TCP over IPv4 and IPv6
   * @param uso UDP over IPv4 and IPv6
   * @return what is on now
   */
  public Offloads enableOffloads(boolean tso, boolean uso) {
    if (!vnetHeader) {
      return new Offloads(false, false, false);
    }
    if (tso && uso && trySetOffloads(true, true)) {
      return new Offloads(true, true, true);
    }
    if (tso && trySetOffloads(true, false)) {
      return new Offloads(true, true, false);
    }
    if (uso && trySetOffloads(false, true)) {
      return new Offloads(true, false, true);
    }
    return new Offloads(trySetOffloads(false, false), false, false);
  }

  private boolean trySetOffloads(boolean tso, boolean uso) {
    int wanted =
        TunCalls.TUN_F_CSUM
            | (tso ? TunCalls.TUN_F_TSO4 | TunCalls.TUN_F_TSO6 : 0)
            | (uso ? TunCalls.TUN_F_USO4 | TunCalls.TUN_F_USO6 : 0);
    int result = TunCalls.ioctl(queues.get(0).descriptor(), TunCalls.TUNSETOFFLOAD, wanted);
    if (result == -Errno.EINVAL) {
      return false;
    }
    LinuxException.check("setting the offloads of " + name, result);
    return true;
  }

  /** Closes all queues. Idempotent. */
  @Override
  public void close() {
    queues.forEach(TunQueue::close);
  }
}
