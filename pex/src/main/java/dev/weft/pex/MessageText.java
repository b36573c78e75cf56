// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.peer.PeerId;
import dev.weft.pex.message.Enroll;
import dev.weft.pex.message.Hello;
import dev.weft.pex.message.NotifyPeers;
import dev.weft.pex.message.PeerEndpoint;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.Ping;
import dev.weft.pex.message.Pong;
import dev.weft.pex.message.Query;
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
      case Enroll enroll -> "ENROLL: operation " + enroll.op();
    };
  }

  private static String entry(PeerEndpoint entry, Function<PeerId, String> names) {
    return names.apply(entry.peer())
        + " is at "
        + entry.endpoint()
        + (entry.local() ? " in its own network" : "");
  }
}
