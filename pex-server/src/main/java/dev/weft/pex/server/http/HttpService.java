// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server.http;

import java.util.concurrent.CompletionStage;

/** What answers requests. Called on the server's own thread, and must not block it. */
public interface HttpService {

  /** What is to be done with a request whose head arrived. */
  sealed interface Admission {}

  /**
   * It is answered without its body.
   *
   * @param answer the answer
   */
  record Refused(HttpAnswer answer) implements Admission {}

  /**
   * Its body is read.
   *
   * @param maxBodyOctets the longest body taken; a longer one is refused
   */
  record Admitted(int maxBodyOctets) implements Admission {}

  /** Decides by the head, before anything of the body is read. */
  Admission admit(HttpHead head);

  /**
   * Answers a request that was admitted.
   *
   * @param body the caller's copy
   */
  CompletionStage<HttpAnswer> answer(HttpHead head, byte[] body);
}
