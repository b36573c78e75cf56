// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.overlay.ConfigProblem;
import dev.weft.overlay.InvalidConfigurationException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.function.Executable;

/** Sample documents and recorded vectors. */
final class Documents {

  static final Path SAMPLES =
      Path.of(System.getProperty("basedir", "."), "..", "examples", "configs").normalize();

  static final String ROOT = sample("openwifi/root.json");
  static final String AP1 = sample("openwifi/ap1.json");
  static final String AP2 = sample("openwifi/ap2.json");

  private Documents() {}

  static String sample(String name) {
    try {
      return Files.readString(SAMPLES.resolve(name));
    } catch (IOException e) {
      throw new AssertionError("sample " + name, e);
    }
  }

  static Json.Obj vectors(String name) {
    return (Json.Obj) JsonText.parse("vectors", vectorText(name)).root();
  }

  static String vectorText(String name) {
    try (InputStream in = Documents.class.getResourceAsStream("/vectors/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError("vectors " + name, e);
    }
  }

  static List<Json.Obj> cases(Json.Obj object, String name) {
    return elements(object, name).stream().map(Json.Obj.class::cast).toList();
  }

  static List<Json> elements(Json.Obj object, String name) {
    return ((Json.Arr) object.get(name).orElseThrow()).elements();
  }

  static Json.Obj object(Json.Obj object, String name) {
    return (Json.Obj) object.get(name).orElseThrow();
  }

  static String text(Json.Obj object, String name) {
    return optionalText(object, name).orElseThrow();
  }

  /** The text; empty for null. */
  static Optional<String> optionalText(Json.Obj object, String name) {
    return object.get(name).orElseThrow() instanceof Json.Text(String text)
        ? Optional.of(text)
        : Optional.empty();
  }

  static int number(Json.Obj object, String name) {
    return (int) ((Json.Int) object.get(name).orElseThrow()).value();
  }

  /** The locations of the problems that the call ends with. */
  static List<String> problems(Executable call) {
    return Assertions.assertThrows(InvalidConfigurationException.class, call).problems().stream()
        .map(ConfigProblem::location)
        .toList();
  }
}
