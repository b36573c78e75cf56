// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import java.nio.ByteBuffer;

/** A message of PEX without its header. Immutable. Source: PEX §6. */
public sealed interface PexMessage
    permits Hello,
        NotifyPeers,
        Query,
        Ping,
        Pong,
        UpdateRequest,
        UpdateResponse,
        UpdateResponseData,
        UpdateResponseNoData,
        EndpointNotify,
        EndpointPortNotify,
        Enroll,
        UpdateResponseRefused {

  /** Its kind. */
  PexOpcode opcode();

  /** Octets of its payload. */
  int payloadOctets();

  /** Appends its payload to a big-endian buffer. */
  void encode(ByteBuffer target);
}
