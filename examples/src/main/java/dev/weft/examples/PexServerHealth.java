// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import dev.weft.pex.server.PexServerConfig;
import dev.weft.transport.Endpoint;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Asks a PEX service for its health, for images that have no other HTTP client. */
@Command(
    name = "pex-server-health",
    description = "Asks a PEX service for its health; exit code 0 if it is well.",
    mixinStandardHelpOptions = true)
final class PexServerHealth implements Callable<Integer> {

  private static final String DEFAULT = "127.0.0.1:" + PexServerConfig.DEFAULT_MANAGEMENT_PORT;
  private static final int TIMEOUT_MILLIS = 2_000;
  private static final int WELL = 200;

  @Option(
      names = "--management",
      paramLabel = "ADDR:PORT",
      defaultValue = DEFAULT,
      converter = PexServerExample.Address.class,
      description = "where its management listens (default: ${DEFAULT-VALUE})")
  @SuppressWarnings("NullAway.Init") // Has a default, so picocli sets it.
  private Endpoint management;

  @Override
  public Integer call() {
    try {
      HttpURLConnection connection =
          (HttpURLConnection)
              URI.create("http://" + management + "/healthz").toURL().openConnection();
      connection.setConnectTimeout(TIMEOUT_MILLIS);
      connection.setReadTimeout(TIMEOUT_MILLIS);
      return connection.getResponseCode() == WELL ? Examples.OK : Examples.FAILED;
    } catch (IOException e) {
      throw new Failure(Examples.FAILED, management + " does not answer: " + e.getMessage());
    }
  }
}
