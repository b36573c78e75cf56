// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PublicKey;
import dev.weft.spi.Availability;
import dev.weft.transport.Endpoint;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Something that happened in an overlay. Immutable. */
public sealed interface OverlayEvent {

  /** The overlay's name. */
  String overlay();

  /**
   * A data plane was chosen.
   *
   * @param plane its name
   * @param reason why this one
   * @param probes what every provider answered, in order of preference
   */
  record DataPlaneSelected(
      String overlay, String plane, String reason, Map<String, Availability> probes)
      implements OverlayEvent {
    public DataPlaneSelected {
      probes = Collections.unmodifiableMap(new LinkedHashMap<>(probes));
    }
  }

  /** The overlay runs. */
  record Started(String overlay, Optional<Endpoint> listen) implements OverlayEvent {}

  /** Something that is legal but probably not meant. */
  record Warning(String overlay, String text) implements OverlayEvent {}

  /** A handshake with a peer completed, in either role. */
  record HandshakeCompleted(
      String overlay, PublicKey peer, String peerName, Optional<Endpoint> endpoint)
      implements OverlayEvent {}

  /** A peer's endpoint changed. */
  record EndpointChanged(
      String overlay, PublicKey peer, String peerName, Endpoint endpoint, EndpointOrigin origin)
      implements OverlayEvent {}

  /** A peer became connected. */
  record PeerConnected(String overlay, PublicKey peer, String peerName) implements OverlayEvent {}

  /** A peer is not connected any more. */
  record PeerLost(String overlay, PublicKey peer, String peerName) implements OverlayEvent {}

  /** A revision of the network's data was put in force. */
  record NetworkDataInstalled(String overlay, long version, int hosts) implements OverlayEvent {}

  /**
   * A service exchanged a message with a peer.
   *
   * @param service its name
   * @param outgoing whether we sent it
   * @param text the message in words
   */
  record ServiceMessage(
      String overlay,
      String service,
      boolean outgoing,
      PublicKey peer,
      String peerName,
      String text)
      implements OverlayEvent {
    public ServiceMessage {
      Objects.requireNonNull(text, "text");
    }
  }

  /**
   * The overlay has closed.
   *
   * @param cause what ended it, if it was not its user
   */
  record Closed(String overlay, Optional<String> cause) implements OverlayEvent {}
}
