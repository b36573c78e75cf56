// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.overlay.InvalidConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Finds the service object in each of the accepted forms of a document, and the layer. Source:
 * OpenWiFi §7.
 *
 * @param json the whole document
 * @param service the service object
 * @param layer the layer, if the document tells
 */
record OpenWifiForm(JsonText json, Members service, Optional<Layer> layer) {

  static final String WHAT = "the OpenWiFi document";

  private static final String L3_SERVICE = "wireguard-overlay";
  private static final String L2_SERVICE = "vxlan-overlay";
  private static final String FORMS =
      "a uCentral configuration with services/wireguard-overlay, an object with the member"
          + " wireguard-overlay, or the service object itself";

  /** The service printed as a member, without the braces of an object around it. */
  private static final Pattern MEMBER = Pattern.compile("\\s*([\"'])" + L3_SERVICE + "\\1\\s*:");

  private static final Set<String> SERVICE_MEMBERS =
      Set.of(
          "proto", "private-key", "peer-port", "peer-exchange-port", "root-node", "hosts", "vxlan");

  /**
   * Reads a document.
   *
   * @param layerIsGiven whether the document need not tell the layer
   * @throws InvalidConfigurationException if there is no service object to read further
   */
  static OpenWifiForm read(String text, boolean layerIsGiven, Problems problems) {
    JsonText json = json(text, problems);
    for (String duplicate : json.duplicates()) {
      problems.add(duplicate, "a name that occurs more than once", "each name once in an object");
    }
    if (!(json.root() instanceof Json.Obj object)) {
      throw Problems.single(WHAT, "", Describe.type(json.root()), FORMS);
    }
    Members root = new Members(object, "", problems, false);
    if (root.has("services") || root.has("interfaces")) {
      Optional<Members> service = root.object("services").flatMap(s -> service(s, problems));
      if (!root.has("services")) {
        problems.add(
            "/services/" + L3_SERVICE, Problems.ABSENT, "the object of the overlay service");
      }
      Optional<Layer> layer = layerIsGiven ? Optional.empty() : layer(root, problems);
      return form(json, service, layer, problems);
    }
    if (root.has(L3_SERVICE)) {
      root.warnOfOthers(Set.of(L3_SERVICE));
      Optional<Members> service = root.object(L3_SERVICE);
      return form(json, service, service.map(OpenWifiForm::layerOf), problems);
    }
    if (object.members().keySet().stream().noneMatch(SERVICE_MEMBERS::contains)) {
      throw Problems.single(WHAT, "", "an object without any of the expected members", FORMS);
    }
    return new OpenWifiForm(json, root, Optional.of(layerOf(root)));
  }

  private static OpenWifiForm form(
      JsonText json, Optional<Members> service, Optional<Layer> layer, Problems problems) {
    if (service.isEmpty()) {
      problems.throwIfAny(json.order(problems.locations()));
    }
    return new OpenWifiForm(json, service.orElseThrow(), layer);
  }

  private static JsonText json(String text, Problems problems) {
    JsonText.requireSize(WHAT, text);
    String document = text.startsWith("\ufeff") ? text.substring(1) : text;
    try {
      return braced(document, false);
    } catch (InvalidConfigurationException e) {
      // Only now: inside straight quotes a typographic one is a character like any other.
      String straight = straightQuotes(document);
      if (straight.equals(document)) {
        throw e;
      }
      problems.warn("", "typographic quotes are read as straight ones");
      return braced(straight, true);
    }
  }

  private static JsonText braced(String text, boolean singleQuotes) {
    return MEMBER.matcher(text).lookingAt()
        ? JsonText.parse(WHAT, "{" + text + "}", 1, singleQuotes)
        : JsonText.parse(WHAT, text, 0, singleQuotes);
  }

  private static String straightQuotes(String text) {
    StringBuilder straight = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      straight.append(
          switch (c) {
            case '\u201c', '\u201d', '\u201e', '\u201f', '\u2033', '\uff02' -> '"';
            case '\u2018', '\u2019', '\u201a', '\u201b', '\u2032', '\uff07' -> '\'';
            default -> c;
          });
    }
    return straight.toString();
  }

  private static Optional<Members> service(Members services, Problems problems) {
    if (!services.has(L3_SERVICE)) {
      problems.add(services.at(L3_SERVICE), Problems.ABSENT, "the object of the overlay service");
    }
    return services.object(L3_SERVICE);
  }

  private static Layer layerOf(Members service) {
    return service.has("vxlan") ? Layer.LAYER_2 : Layer.LAYER_3;
  }

  /** The layer of the one interface that lists the service. Source: OpenWiFi §1, §2. */
  private static Optional<Layer> layer(Members root, Problems problems) {
    String allowed = "one interface with " + L3_SERVICE + " or " + L2_SERVICE + " in its services";
    if (!root.has("interfaces")) {
      problems.add("/interfaces", Problems.ABSENT, allowed);
      return Optional.empty();
    }
    Optional<List<Json>> interfaces = root.array("interfaces");
    if (interfaces.isEmpty()) {
      return Optional.empty();
    }
    List<Layer> layers = new ArrayList<>();
    List<String> places = new ArrayList<>();
    int before = problems.locations().size();
    for (int i = 0; i < interfaces.get().size(); i++) {
      Optional<Members> members =
          root.asObject(interfaces.get().get(i), Pointer.child("/interfaces", i));
      List<String> services = members.flatMap(m -> m.texts("services")).orElse(List.of());
      String place = "/interfaces/" + i + "/services";
      if (services.contains(L3_SERVICE)) {
        layers.add(Layer.LAYER_3);
        places.add(place);
      }
      if (services.contains(L2_SERVICE)) {
        layers.add(Layer.LAYER_2);
        places.add(place);
      }
    }
    for (String place : places.subList(Math.min(1, places.size()), places.size())) {
      problems.addOnce(place, "the service a second time, after " + places.getFirst(), allowed);
    }
    if (layers.isEmpty() && problems.locations().size() == before) {
      problems.add("/interfaces", "no interface that lists the service", allowed);
    }
    return layers.stream().findFirst();
  }
}
