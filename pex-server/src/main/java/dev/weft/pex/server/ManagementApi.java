// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import dev.weft.overlay.OverlayException;
import dev.weft.pex.InstallOutcome;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.server.http.HttpAnswer;
import dev.weft.pex.server.http.HttpHead;
import dev.weft.pex.server.http.HttpService;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The management API: what may be asked, by whom, and what is answered. Reads only what is
 * published, so it never blocks. Thread-safe.
 */
final class ManagementApi implements HttpService {

  /** The schemas of the JSON forms, which are also resources of this module. */
  static final List<String> SCHEMAS =
      List.of("error.json", "health.json", "installed.json", "network.json", "networks.json");

  private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";
  private static final String SCHEMA_TYPE = "application/schema+json";

  private final PexServer server;
  private final ManagementToken token;

  ManagementApi(PexServer server, ManagementToken token) {
    this.server = server;
    this.token = token;
  }

  @Override
  public Admission admit(HttpHead head) {
    Optional<Route> route = Route.of(head.path());
    boolean isOpen = route.map(Route::isPublic).orElse(false);
    if (!isOpen && !head.bearer().map(token::matches).orElse(false)) {
      return new Refused(
          HttpAnswer.error(401, "a management token is needed: Authorization: Bearer …")
              .with("www-authenticate", "Bearer"));
    }
    if (route.isEmpty()) {
      return new Refused(HttpAnswer.error(404, "there is nothing under this path"));
    }
    List<String> methods = route.get().methods();
    if (!methods.contains(head.method())) {
      String allowed = String.join(", ", methods);
      return new Refused(HttpAnswer.error(405, "only " + allowed + " here").with("allow", allowed));
    }
    if (route.get() instanceof Route.NetworkData(String name)) {
      return server.networks().find(name).isPresent()
          ? new Admitted(SignedNetworkData.MAX_OCTETS)
          : new Refused(noSuchNetwork());
    }
    return new Admitted(0);
  }

  @Override
  public CompletionStage<HttpAnswer> answer(HttpHead head, byte[] body) {
    Route route = Route.of(head.path()).orElseThrow();
    if (route instanceof Route.NetworkData(String name)) {
      return install(name, body);
    }
    return CompletableFuture.completedFuture(answer(route));
  }

  private HttpAnswer answer(Route route) {
    return switch (route) {
      case Route.Health health -> health(server.isHealthy(), "ok", "stalled");
      case Route.Readiness readiness -> health(server.isReady(), "ready", "starting");
      case Route.Metrics metrics -> new HttpAnswer(200, METRICS_TYPE, Metrics.of(server), Map.of());
      case Route.NetworkList list -> HttpAnswer.json(200, StatusJson.networks(server.report()));
      case Route.Network(String name) ->
          server
              .networks()
              .find(name)
              .map(network -> HttpAnswer.json(200, StatusJson.network(network)))
              .orElseGet(ManagementApi::noSuchNetwork);
      case Route.Schema(String name) -> schema(name);
      case Route.NetworkData data -> HttpAnswer.error(405, "only PUT here");
    };
  }

  private static HttpAnswer health(boolean good, String yes, String no) {
    return HttpAnswer.json(good ? 200 : 503, StatusJson.health(good ? yes : no));
  }

  private static HttpAnswer noSuchNetwork() {
    return HttpAnswer.error(404, "there is no network with this name");
  }

  private static HttpAnswer schema(String name) {
    if (!SCHEMAS.contains(name)) {
      return HttpAnswer.error(404, "there is no schema with this name");
    }
    try (InputStream in = ManagementApi.class.getResourceAsStream("schema/" + name)) {
      return in == null
          ? HttpAnswer.error(404, "the schema is missing from this build")
          : new HttpAnswer(200, SCHEMA_TYPE, in.readAllBytes(), Map.of());
    } catch (IOException e) {
      return HttpAnswer.error(500, "the schema cannot be read");
    }
  }

  private CompletionStage<HttpAnswer> install(String name, byte[] signed) {
    return server
        .install(name, signed)
        .handle(
            (outcome, failure) ->
                failure == null && outcome != null ? told(outcome) : failed(failure));
  }

  private static HttpAnswer failed(@Nullable Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof OverlayException known) {
      return HttpAnswer.json(
          409, StatusJson.refused("not-running", String.valueOf(known.getMessage()), List.of()));
    }
    throw new CompletionException(cause == null ? new IllegalStateException("no outcome") : cause);
  }

  private static HttpAnswer told(InstallOutcome outcome) {
    return switch (outcome) {
      case InstallOutcome.Installed(long version) ->
          HttpAnswer.json(200, StatusJson.installed(version));
      case InstallOutcome.NotNewer(long version) ->
          HttpAnswer.json(
              409,
              StatusJson.refused(
                  "not-newer",
                  "not newer than the data at hand, version " + Long.toUnsignedString(version),
                  List.of()));
      case InstallOutcome.Invalid invalid ->
          HttpAnswer.json(
              422, StatusJson.refused(label(invalid.outcome()), invalid.reason(), List.of()));
      case InstallOutcome.Refused(List<String> problems) ->
          HttpAnswer.json(
              422, StatusJson.refused("refused", "valid, but it cannot be applied", problems));
    };
  }

  private static String label(Enum<?> outcome) {
    return StatusJson.label(outcome);
  }
}
