// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Asynchronous name resolution with a time limit. Thread-safe. */
@FunctionalInterface
public interface EndpointResolver {

  /**
   * All addresses of a host, never resolved on the caller's thread.
   *
   * @param host a name, or a numeric address, which is answered at once
   * @return completed with at least one address; exceptionally with {@link
   *     java.net.UnknownHostException} or {@link java.util.concurrent.TimeoutException}. It may be
   *     completed on any thread.
   */
  CompletionStage<List<InetAddress>> resolve(String host);
}
