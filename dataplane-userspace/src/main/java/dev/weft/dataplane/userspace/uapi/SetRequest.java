// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.Change;
import dev.weft.spi.PeerUpdate;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A {@code set} while its lines arrive. Its first section is about the interface, each further one
 * about a peer. A section takes effect as a whole when it is complete: where a line of it is wrong,
 * nothing of it does, and the sections before it hold. (In wireguard-go the lines before the wrong
 * one take effect too.)
 *
 * <p>Used by one thread. Source: https://www.wireguard.com/xplatform/, "set".
 */
final class SetRequest {

  private static final int MAX_PORT = 65535;
  private static final long MAX_MARK = 0xffff_ffffL;
  private static final int MAX_KEEPALIVE_SECONDS = 65535;

  private final ConfigurableDevice device;

  private Change<PrivateKey> privateKey = Change.unchanged();
  private OptionalInt listenPort = OptionalInt.empty();
  private OptionalInt fwmark = OptionalInt.empty();
  private boolean replacePeers;

  private @Nullable PeerSection peer;

  /** Whose peer section is ignored; asked for once the first section is complete. */
  private Optional<PublicKey> own = Optional.empty();

  SetRequest(ConfigurableDevice device) {
    this.device = device;
  }

  /**
   * Takes a line.
   *
   * @param line octets, erased by the caller
   * @param length how many of them, without the newline; at least 1
   */
  void line(byte[] line, int length)
      throws MalformedRequestException, ConfigurationRefusedException {
    int equals = 0;
    while (equals < length && line[equals] != '=') {
      equals++;
    }
    if (equals == length) {
      throw new MalformedRequestException(UapiErrno.EPROTO, "a line has no \"=\"");
    }
    String key = UapiValues.text(line, 0, equals);
    int start = equals + 1;
    switch (key) {
      case "public_key" -> {
        applySection();
        peer = new PeerSection(PublicKey.of(UapiValues.key(line, start, length)));
      }
      case "private_key" -> {
        requireInterfaceSection();
        setPrivateKey(UapiValues.key(line, start, length));
      }
      case "preshared_key" -> peer().setPresharedKey(UapiValues.key(line, start, length));
      default -> openLine(key, UapiValues.text(line, start, length));
    }
  }

  /** The end of the request. */
  void end() throws ConfigurationRefusedException {
    applySection();
  }

  /** Forgets the section that has not taken effect, and erases its keys. */
  void discard() {
    if (privateKey instanceof Change.Set<PrivateKey>(PrivateKey key)) {
      key.destroy();
    }
    privateKey = Change.unchanged();
    if (peer != null) {
      peer.discard();
    }
  }

  /** A line without a secret. */
  private void openLine(String key, String value) throws MalformedRequestException {
    switch (key) {
      case "listen_port" -> {
        requireInterfaceSection();
        listenPort = OptionalInt.of((int) UapiValues.number(value, MAX_PORT));
      }
      case "fwmark" -> {
        requireInterfaceSection();
        fwmark = OptionalInt.of((int) UapiValues.number(value, MAX_MARK));
      }
      case "replace_peers" -> {
        requireInterfaceSection();
        UapiValues.requireTrue(value);
        replacePeers = true;
      }
      case "remove" -> {
        UapiValues.requireTrue(value);
        peer().remove();
      }
      case "update_only" -> {
        UapiValues.requireTrue(value);
        peer().updateOnly();
      }
      case "replace_allowed_ips" -> {
        UapiValues.requireTrue(value);
        peer().replaceAllowedIps();
      }
      case "endpoint" -> peer().setEndpoint(UapiValues.endpoint(value));
      case "persistent_keepalive_interval" ->
          peer()
              .setPersistentKeepalive(
                  Duration.ofSeconds(UapiValues.number(value, MAX_KEEPALIVE_SECONDS)));
      case "allowed_ip" -> {
        boolean removes = value.startsWith("-");
        peer().allowedIp(UapiValues.prefix(removes ? value.substring(1) : value), !removes);
      }
      case "protocol_version" -> {
        var _ = peer();
        if (!value.equals("1")) {
          throw new MalformedRequestException(UapiErrno.EINVAL, "an unknown protocol version");
        }
      }
      default -> throw new MalformedRequestException(UapiErrno.EINVAL, "an unknown key");
    }
  }

  private void requireInterfaceSection() throws MalformedRequestException {
    if (peer != null) {
      throw new MalformedRequestException(UapiErrno.EINVAL, "a key of the interface after a peer");
    }
  }

  private PeerSection peer() throws MalformedRequestException {
    if (peer == null) {
      throw new MalformedRequestException(UapiErrno.EINVAL, "a key of a peer before any peer");
    }
    return peer;
  }

  private void setPrivateKey(byte[] octets) {
    if (privateKey instanceof Change.Set<PrivateKey>(PrivateKey earlier)) {
      earlier.destroy();
    }
    privateKey = UapiValues.isZero(octets) ? Change.cleared() : Change.set(PrivateKey.of(octets));
    Arrays.fill(octets, (byte) 0);
  }

  private void applySection() throws ConfigurationRefusedException {
    if (peer == null) {
      applyInterface();
      own = device.publicKey();
      return;
    }
    PeerSection complete = peer;
    // The reference takes no notice of a peer that is the interface itself.
    if (own.isPresent() && own.get().equals(complete.publicKey())) {
      complete.discard();
    } else {
      complete.applyTo(device);
    }
  }

  private void applyInterface() throws ConfigurationRefusedException {
    // What may be refused comes first, so that the rest of the section then has no effect.
    if (listenPort.isPresent()) {
      device.setListenPort(listenPort.getAsInt());
    }
    if (fwmark.isPresent()) {
      device.setFwmark(fwmark.getAsInt());
    }
    if (replacePeers) {
      device.removeAllPeers();
    }
    switch (privateKey) {
      case Change.Unchanged<PrivateKey>() -> {}
      case Change.Cleared<PrivateKey>() -> device.setPrivateKey(Optional.empty());
      case Change.Set<PrivateKey>(PrivateKey key) -> {
        device.setPrivateKey(Optional.of(key));
        privateKey = Change.unchanged(); // It is the device's now.
        PublicKey publicKey = key.publicKey();
        if (device.peer(publicKey).isPresent()) {
          device.apply(new PeerUpdate.Delete(publicKey));
        }
      }
    }
  }
}
