// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** A peer's state as the recorded program shows it, without the client's private key. */
final class Status {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Status() {}

  static ObjectNode ofServer(EnrollmentPeer peer) {
    ObjectNode status = common(peer);
    status.put("enroll_key", peer.hostKey().toString()); // it does not show what the client says
    return state(status, peer);
  }

  static ObjectNode ofClient(EnrollmentPeer peer) {
    ObjectNode status = common(peer);
    status.put("local_pubkey", peer.hostKey().toString());
    peer.authKey().ifPresent(key -> status.put("enroll_key", key.toString()));
    if (peer.confirmed()) {
      ObjectNode info = status.putObject("enroll_meta");
      for (Map.Entry<String, BlobValue> entry : peer.info().attributes().entrySet()) {
        info.put(entry.getKey(), peer.info().text(entry.getKey()).orElseThrow());
      }
    }
    return state(status, peer);
  }

  private static ObjectNode common(EnrollmentPeer peer) {
    ObjectNode status = MAPPER.createObjectNode();
    status.put("id", peer.id().toString());
    status.put("session", peer.session());
    status.put("address", peer.address().address().getHostAddress());
    return status;
  }

  private static ObjectNode state(ObjectNode status, EnrollmentPeer peer) {
    return status
        .put("confirmed", peer.confirmed())
        .put("accepted", peer.accepted())
        .put("has_secret", peer.secretProven());
  }
}
