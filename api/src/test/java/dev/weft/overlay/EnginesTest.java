// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.PrivateKey;
import dev.weft.spi.OverlayEngineProvider;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

final class EnginesTest {

  @TempDir private Path folder;

  /** An engine that is found and does nothing. */
  public static class One implements OverlayEngineProvider {
    public One() {}

    @Override
    public String name() {
      return "one";
    }

    @Override
    public WeftRuntime newRuntime() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Overlay open(
        OverlayConfig config, Optional<WeftRuntime> runtime, List<OverlayListener> listeners) {
      throw new OverlayException("opened " + config.name());
    }
  }

  /** A second engine. */
  public static final class Two extends One {
    public Two() {}

    @Override
    public String name() {
      return "two";
    }
  }

  private static OverlayConfig config() {
    return OverlayConfig.builder("net", PrivateKey.of(new byte[32])).build();
  }

  /** Runs with these lines in META-INF/services. */
  private void withEngines(List<String> classes, Executable test) throws Throwable {
    Path file = folder.resolve("META-INF/services/" + OverlayEngineProvider.class.getName());
    Files.createDirectories(file.getParent());
    Files.write(file, classes);
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader =
        new URLClassLoader(
            new URL[] {folder.toUri().toURL()}, EnginesTest.class.getClassLoader())) {
      thread.setContextClassLoader(loader);
      test.execute();
    } catch (IOException e) {
      throw new AssertionError(e);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  @Test
  void withoutAnEngineTheArtifactToAddIsNamed() {
    EngineUnavailableException e =
        assertThrows(EngineUnavailableException.class, () -> Overlay.open(config()));

    assertTrue(e.toString().contains("dev.weft:weft-engine"), e::toString);
    assertThrows(EngineUnavailableException.class, WeftRuntime::create);
  }

  @Test
  void theOnlyEngineOpensOverlays() throws Throwable {
    withEngines(
        List.of(One.class.getName()),
        () ->
            assertEquals(
                "opened net",
                assertThrows(OverlayException.class, () -> Overlay.open(config())).getMessage()));
  }

  @Test
  void twoEnginesAreAnErrorThatNamesBoth() throws Throwable {
    withEngines(
        List.of(One.class.getName(), Two.class.getName()),
        () -> {
          EngineUnavailableException e =
              assertThrows(EngineUnavailableException.class, () -> Overlay.open(config()));
          assertTrue(e.toString().contains("one (" + One.class.getName() + ")"), e::toString);
          assertTrue(e.toString().contains("two (" + Two.class.getName() + ")"), e::toString);
        });
  }

  @Test
  void anEngineThatCannotBeLoadedIsNamed() throws Throwable {
    withEngines(
        List.of("dev.weft.Missing"),
        () -> {
          EngineUnavailableException e =
              assertThrows(EngineUnavailableException.class, () -> Overlay.open(config()));
          assertTrue(e.toString().contains("dev.weft.Missing"), e::toString);
          assertInstanceOf(ServiceConfigurationError.class, e.getCause());
        });
  }
}
