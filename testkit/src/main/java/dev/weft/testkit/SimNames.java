// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;

/** The name service of a simulation, the same for all hosts. Used by the simulation's thread. */
public final class SimNames {

  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final EventLoop loop;
  private final Map<String, List<InetAddress>> addresses = new HashMap<>();
  private Duration delay = Duration.ofMillis(20);
  private boolean answering = true;

  SimNames(EventLoop loop) {
    this.loop = loop;
  }

  /** Sets what a name stands for; no addresses make it unknown again. */
  public void set(String host, String... literals) {
    addresses.put(host, Arrays.stream(literals).map(InetAddress::ofLiteral).toList());
  }

  /** Sets how long an answer takes; 20 ms at first. */
  public void delay(Duration value) {
    delay = value;
  }

  /** Sets whether there are answers; without, questions fail after 5 s. */
  public void answering(boolean value) {
    answering = value;
  }

  CompletionStage<List<InetAddress>> resolve(String host) {
    loop.requireOwner();
    try {
      return CompletableFuture.completedFuture(List.of(InetAddress.ofLiteral(host)));
    } catch (IllegalArgumentException e) {
      return ask(host);
    }
  }

  private CompletionStage<List<InetAddress>> ask(String host) {
    CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
    if (!answering) {
      loop.after(
          TIMEOUT.toNanos(),
          () ->
              answer.completeExceptionally(
                  new TimeoutException(host + ": no answer from the name service")));
      return answer;
    }
    loop.after(
        delay.toNanos(),
        () -> {
          List<InetAddress> found = addresses.getOrDefault(host, List.of());
          if (found.isEmpty()) {
            answer.completeExceptionally(new UnknownHostException(host));
          } else {
            answer.complete(found);
          }
        });
    return answer;
  }
}
