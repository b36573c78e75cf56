// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.linux;

import dev.weft.dataplane.userspace.bind.UnderlaySockets;
import java.net.InetAddress;
import java.util.Optional;

/**
 * How a {@link LinuxDevice} works.
 *
 * @param mtuOctets of the interface
 * @param bindAddress the own underlay address; absent for all
 * @param listenPort 0 for any
 * @param mark SO_MARK of the sockets; 0 for none
 * @param socketBufferOctets receive and send buffer to ask for
 * @param workers threads, each with a queue of the interface and sockets of its own
 * @param offloads whether to use those that the kernel has
 * @param verifyChecksums whether the checksums of decrypted packets are verified before packets are
 *     merged and handed to the kernel as valid
 */
public record DeviceOptions(
    int mtuOctets,
    Optional<InetAddress> bindAddress,
    int listenPort,
    int mark,
    int socketBufferOctets,
    int workers,
    boolean offloads,
    boolean verifyChecksums) {

  /** Offloads on, checksums verified, as many workers as suit this machine. */
  public static DeviceOptions standard(int mtuOctets, int socketBufferOctets) {
    return new DeviceOptions(
        mtuOctets,
        Optional.empty(),
        0,
        0,
        socketBufferOctets,
        standardWorkers(),
        !Boolean.getBoolean("weft.offloads.off"),
        !Boolean.getBoolean("weft.checksums.trust"));
  }

  /** Half of the cores, and one at least: the other half is for those who use the tunnel. */
  public static int standardWorkers() {
    return Integer.getInteger(
        "weft.workers", Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
  }

  /** With another port. */
  public DeviceOptions withListenPort(int port) {
    return new DeviceOptions(
        mtuOctets, bindAddress, port, mark, socketBufferOctets, workers, offloads, verifyChecksums);
  }

  /** With that many workers. */
  public DeviceOptions withWorkers(int count) {
    return new DeviceOptions(
        mtuOctets,
        bindAddress,
        listenPort,
        mark,
        socketBufferOctets,
        count,
        offloads,
        verifyChecksums);
  }

  /** With a mark. */
  public DeviceOptions withMark(int newMark) {
    return new DeviceOptions(
        mtuOctets,
        bindAddress,
        listenPort,
        newMark,
        socketBufferOctets,
        workers,
        offloads,
        verifyChecksums);
  }

  /** Bound to an address. */
  public DeviceOptions withBindAddress(Optional<InetAddress> address) {
    return new DeviceOptions(
        mtuOctets,
        address,
        listenPort,
        mark,
        socketBufferOctets,
        workers,
        offloads,
        verifyChecksums);
  }

  UnderlaySockets.Spec socketSpec() {
    return new UnderlaySockets.Spec(
        bindAddress, listenPort, mark, socketBufferOctets, workers, offloads);
  }
}
