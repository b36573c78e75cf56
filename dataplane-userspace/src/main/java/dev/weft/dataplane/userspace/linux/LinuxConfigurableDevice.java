// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.linux;

import dev.weft.dataplane.userspace.device.PeerSetup;
import dev.weft.dataplane.userspace.uapi.ConfigurableDevice;
import dev.weft.dataplane.userspace.uapi.ConfigurationRefusedException;
import dev.weft.dataplane.userspace.uapi.DeviceConfiguration;
import dev.weft.dataplane.userspace.uapi.PeerConfiguration;
import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.LinuxException;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.PeerUpdate;
import java.util.Optional;

/** A {@link LinuxDevice} for the configuration socket. Thread-safe. */
public final class LinuxConfigurableDevice implements ConfigurableDevice {

  private final LinuxDevice device;

  /** Of that device. */
  public LinuxConfigurableDevice(LinuxDevice device) {
    this.device = device;
  }

  @Override
  public DeviceConfiguration configuration() {
    return device.withCore(
        (core, nowNanos, sink) ->
            new DeviceConfiguration(
                core.privateKey(),
                device.listenPort(),
                device.mark(),
                core.setups().stream().map(LinuxConfigurableDevice::peer).toList()));
  }

  @Override
  public Optional<PublicKey> publicKey() {
    return device.withCore((core, nowNanos, sink) -> core.privateKey()).map(PrivateKey::publicKey);
  }

  @Override
  public Optional<PeerConfiguration> peer(PublicKey key) {
    return device.withCore(
        (core, nowNanos, sink) -> core.setup(key).map(LinuxConfigurableDevice::peer));
  }

  private static PeerConfiguration peer(PeerSetup setup) {
    return new PeerConfiguration(
        setup.publicKey(),
        setup.presharedKey(),
        setup.endpoint(),
        setup.allowedIps(),
        setup.persistentKeepalive(),
        setup.lastHandshake(),
        setup.receivedOctets(),
        setup.sentOctets());
  }

  @Override
  public void setPrivateKey(Optional<PrivateKey> key) {
    device.withCore(
        (core, nowNanos, sink) -> {
          if (key.isPresent()) {
            core.setPrivateKey(key.get(), nowNanos, sink);
          } else {
            core.clearPrivateKey();
          }
          return true;
        });
  }

  @Override
  public void setListenPort(int port) throws ConfigurationRefusedException {
    try {
      device.setListenPort(port);
    } catch (LinuxException e) {
      throw refused(e);
    }
  }

  @Override
  public void setFwmark(int mark) throws ConfigurationRefusedException {
    try {
      device.setMark(mark);
    } catch (LinuxException e) {
      throw refused(e);
    }
  }

  private static ConfigurationRefusedException refused(LinuxException e) {
    int errno = e.errno() != 0 ? e.errno() : Errno.EIO;
    return new ConfigurationRefusedException(errno, String.valueOf(e.getMessage()));
  }

  @Override
  public void removeAllPeers() {
    device.withCore(
        (core, nowNanos, sink) -> {
          core.removePeers();
          return true;
        });
  }

  @Override
  public void apply(PeerUpdate update) {
    device.apply(update);
  }
}
