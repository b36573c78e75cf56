// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.dataplane.userspace.linux.LinuxDevice;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.PortKind;
import java.util.LinkedHashMap;
import java.util.Map;

/** The details of a {@link dev.weft.spi.PlaneSnapshot}: what only this data plane can tell. */
final class PlaneDetails {

  private PlaneDetails() {}

  /** What is known before anything is open. */
  static Map<String, String> of(InterfaceConfig config, AeadSelection ciphers) {
    Map<String, String> details = new LinkedHashMap<>();
    details.put("aead", ciphers.current().name());
    details.put("aead-order", ciphers.order());
    details.put("mtu-octets", Integer.toString(config.mtuOctets()));
    switch (config.portKind()) {
      case PortKind.InProcess inProcess -> {
        details.put("port-kind", "in-process");
        details.put("forwarding", "none: the in-process endpoint never forwards");
      }
      case PortKind.Supplied supplied -> details.put("port-kind", "supplied");
      case PortKind.Tun tun -> details.put("port-kind", "tun");
    }
    return details;
  }

  /** Adds the sizes of the underlay socket's buffers, which the kernel may have limited. */
  static void addBuffers(
      Map<String, String> details, InterfaceConfig config, int receiveOctets, int sendOctets) {
    String asked = " of " + config.socketBufferOctets() + " asked";
    details.put("receive-buffer-octets", receiveOctets + asked);
    details.put("send-buffer-octets", sendOctets + asked);
  }

  /** Adds what an interface and its workers tell. */
  static void addInterface(
      Map<String, String> details, InterfaceConfig config, LinuxDevice device) {
    details.put("interface", device.name());
    details.put("workers", Integer.toString(device.options().workers()));
    addBuffers(details, config, device.receiveBufferOctets(), device.sendBufferOctets());
    if (device.mark() != 0) {
      details.put("mark", Integer.toUnsignedString(device.mark()));
    }
    details.putAll(device.offloadStatus().details());
    details.putAll(device.counts().details());
  }
}
