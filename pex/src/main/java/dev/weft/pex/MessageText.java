// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.peer.PeerId;
import dev.weft.pex.message.EndpointNotify;
import dev.weft.pex.message.EndpointPortNotify;
import dev.weft.pex.message.Enroll;
import dev.weft.pex.message.Hello;
import dev.weft.pex.message.NotifyPeers;
import dev.weft.pex.message.PeerEndpoint;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.Ping;
import dev.weft.pex.message.Pong;
import dev.weft.pex.message.Query;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import dev.weft.pex.message.UpdateResponseNoData;
import dev.weft.pex.message.UpdateResponseRefused;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Messages in words, for a person. The sender speaks. */
final class MessageText {

  private MessageText() {}

  /**
   * A message in words.
   *
   * @param names the name for an id
   */
  static String of(PexMessage message, Function<PeerId, String> names) {
    return switch (message) {
      case Hello hello -> "HELLO: my local address is " + hello.localAddress().getHostAddress();
      case NotifyPeers notify ->
          "NOTIFY_PEERS: "
              + notify.peers().stream()
                  .map(entry -> entry(entry, names))
                  .collect(Collectors.joining(", "));
      case Query query ->
          (query.peers().size() == 1 ? "QUERY: where is " : "QUERY: where are ")
              + query.peers().stream().map(names).collect(Collectors.joining(", "))
              + "?";
      case Ping ping -> "PING: are you there?";
      case Pong pong -> "PONG: I am here";
      case UpdateRequest request -> "UPDATE_REQUEST: I have version " + text(request.version());
      case UpdateResponse response ->
          "UPDATE_RESPONSE: here are the first "
              + response.chunk()
              + " of "
              + Integer.toUnsignedString(response.dataLength());
      case UpdateResponseData data ->
          "UPDATE_RESPONSE_DATA: here are "
              + data.chunk()
              + " from octet "
              + Integer.toUnsignedString(data.offset());
      case UpdateResponseNoData none ->
          "UPDATE_RESPONSE_NO_DATA: I have version " + text(none.version());
      case UpdateResponseRefused refused ->
          "UPDATE_RESPONSE_REFUSED: I do not know you in version " + text(refused.version());
      case EndpointNotify notify -> "ENDPOINT_NOTIFY: this is my WireGuard port";
      case EndpointPortNotify notify ->
          "ENDPOINT_PORT_NOTIFY: my WireGuard port is " + notify.port();
      case Enroll enroll -> "ENROLL: operation " + enroll.op();
    };
  }

  private static String text(long version) {
    return Long.toUnsignedString(version);
  }

  private static String entry(PeerEndpoint entry, Function<PeerId, String> names) {
    return names.apply(entry.peer())
        + " is at "
        + entry.endpoint()
        + (entry.local() ? " in its own network" : "");
  }
}
