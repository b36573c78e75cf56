// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Holds fast what the modules' descriptors cannot: who may use what, inside a module too. */
final class ArchitectureTest {

  /** Our modules: where their classes are, and which other modules they may use. */
  enum Module {
    API,
    NATIVE_LINUX,
    CRYPTO,
    CRYPTO_VECTOR,
    ENGINE,
    CONFIG,
    DATAPLANE_USERSPACE,
    PEX,
    PEX_SERVER,
    TESTKIT;

    Set<Module> mayUse() {
      return switch (this) {
        case API, NATIVE_LINUX -> EnumSet.noneOf(Module.class);
        case CRYPTO, CRYPTO_VECTOR, ENGINE, TESTKIT -> EnumSet.of(API);
        case CONFIG -> EnumSet.of(API, CRYPTO);
        case DATAPLANE_USERSPACE -> EnumSet.of(API, CRYPTO, NATIVE_LINUX);
        case PEX -> EnumSet.of(API, CONFIG, CRYPTO);
        case PEX_SERVER -> EnumSet.of(API, CONFIG, PEX);
      };
    }

    String[] packages() {
      return switch (this) {
        case API ->
            new String[] {
              "dev.weft.overlay..", "dev.weft.peer..", "dev.weft.transport..", "dev.weft.spi.."
            };
        case NATIVE_LINUX -> new String[] {"dev.weft.linux.."};
        case CRYPTO -> new String[] {"dev.weft.crypto.."};
        case CRYPTO_VECTOR -> new String[] {"dev.weft.crypto.vector.."};
        case ENGINE -> new String[] {"dev.weft.engine.."};
        case CONFIG -> new String[] {"dev.weft.config.."};
        case DATAPLANE_USERSPACE -> new String[] {"dev.weft.dataplane.userspace.."};
        case PEX -> new String[] {"dev.weft.pex.."};
        case PEX_SERVER -> new String[] {"dev.weft.pex.server.."};
        case TESTKIT -> new String[] {"dev.weft.testkit.."};
      };
    }

    DescribedPredicate<JavaClass> classes() {
      DescribedPredicate<JavaClass> inside = resideInAnyPackage(packages());
      if (this == PEX) {
        // The service is a module of its own below the same name.
        inside = inside.and(DescribedPredicate.not(resideInAnyPackage(PEX_SERVER.packages())));
      }
      if (this == CRYPTO) {
        inside = inside.and(DescribedPredicate.not(resideInAnyPackage(CRYPTO_VECTOR.packages())));
      }
      return inside.as("classes of %s", this);
    }
  }

  /** The protocol core: bytes and {@code nowNanos} in, results to a sink. */
  private static final String[] CORE = {
    "dev.weft.dataplane.userspace.device..",
    "dev.weft.dataplane.userspace.message..",
    "dev.weft.dataplane.userspace.tun..",
    "dev.weft.pex.message..",
    "dev.weft.pex.node..",
    "dev.weft.pex.stun.."
  };

  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(location -> !location.contains("/systemtests/"))
          .withImportOption(location -> !location.contains("/examples/"))
          .importPackages("dev.weft");

  /**
   * A rule about nothing is an error once each module has classes; until then it waits for them.
   */
  private static final boolean RULES_MAY_BE_EMPTY =
      !Arrays.stream(Module.values()).allMatch(module -> OURS.stream().anyMatch(module.classes()));

  @Test
  void everyClassBelongsToAModule() {
    check(
        classes()
            .should()
            .resideInAnyPackage(
                Arrays.stream(Module.values())
                    .flatMap(module -> Arrays.stream(module.packages()))
                    .toArray(String[]::new)));
  }

  @Test
  void theCoreIsWhereItIsLookedFor() {
    List<String> empty =
        Arrays.stream(CORE)
            .filter(core -> OURS.stream().noneMatch(resideInAPackage(core)))
            .toList();
    assertTrue(empty.isEmpty() || RULES_MAY_BE_EMPTY, "packages without a class: " + empty);
  }

  @ParameterizedTest
  @EnumSource
  void aModuleUsesOnlyTheModulesBelowIt(Module module) {
    Set<Module> others = EnumSet.allOf(Module.class);
    others.remove(module);
    others.removeAll(module.mayUse());
    check(
        noClasses()
            .that(module.classes())
            .should()
            .dependOnClassesThat(
                others.stream()
                    .map(Module::classes)
                    .reduce((left, right) -> left.or(right))
                    .orElseThrow()
                    .as("are of %s", others)));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "API")
  void packagesOfAModuleFormNoCycle(Module module) {
    check(slices().assignedFrom(new PackagesOf(module)).should().beFreeOfCycles());
  }

  /**
   * The API's packages name each other's types, as an overlay is opened through the provider
   * interface that opens overlays; but its values know nothing of what uses them.
   */
  @Test
  void valuesOfTheApiDoNotKnowWhatUsesThem() {
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.weft.transport..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.weft.overlay..", "dev.weft.spi..", "dev.weft.peer.."));
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.weft.peer..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.weft.overlay.."));
  }

  @Test
  void theApiDoesNotMentionInternals() {
    check(
        noClasses()
            .that(Module.API.classes())
            .should()
            .dependOnClassesThat()
            .resideInAPackage("..internal.."));
  }

  @Test
  void thirdPartyLibrariesStayBehindTheirModule() {
    onlyIn(EnumSet.of(Module.CRYPTO), "org.bouncycastle..");
    onlyIn(EnumSet.of(Module.CONFIG, Module.PEX_SERVER), "com.fasterxml.jackson..");
    onlyIn(EnumSet.of(Module.ENGINE, Module.PEX_SERVER), "io.netty..");
    onlyIn(EnumSet.of(Module.TESTKIT), "net.jqwik..");
  }

  @Test
  void ofTheServiceOnlyItsHttpServerKnowsNetty() {
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.weft.pex.server")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.netty.."));
  }

  @Test
  void theCoreHasNoSockets() {
    Set<String> addresses =
        Set.of(
            "java.net.Inet4Address",
            "java.net.Inet6Address",
            "java.net.InetAddress",
            "java.net.InetSocketAddress",
            "java.net.SocketAddress",
            "java.net.UnknownHostException");
    coreDoesNotUse(
        describe(
            "are of java.net, and not addresses",
            type ->
                type.getPackageName().equals("java.net") && !addresses.contains(type.getName())));
    coreDoesNotUse(resideInAnyPackage("java.nio.channels..", "java.nio.file..", "javax.net.."));
    coreDoesNotUse(resideInAPackage("io.netty.."));
  }

  @Test
  void theCoreOfForeignMemoryUsesOnlySegmentsAndValueLayouts() {
    coreDoesNotUse(
        describe(
            "are of java.lang.foreign, and not MemorySegment or ValueLayout",
            type ->
                type.getPackageName().equals("java.lang.foreign")
                    && !type.getName().equals("java.lang.foreign.MemorySegment")
                    && !type.getName().startsWith("java.lang.foreign.ValueLayout")));
  }

  @Test
  void theCoreHasNoClock() {
    coreDoesNotUse(
        resideInAPackage("java.time..")
            .and(
                describe(
                    "are clocks",
                    type ->
                        Set.of("java.time.Clock", "java.time.InstantSource")
                            .contains(type.getName()))));
    coreDoesNotUse(
        describe("are TimeSource", type -> type.getName().equals("dev.weft.spi.TimeSource")));
    for (String method : List.of("nanoTime", "currentTimeMillis")) {
      check(noClasses().that().resideInAnyPackage(CORE).should().callMethod(System.class, method));
    }
    check(
        noClasses()
            .that()
            .resideInAnyPackage(CORE)
            .should()
            .callMethod(java.time.Instant.class, "now"));
  }

  @Test
  void theCoreDrawsNoRandomNumbersOfItsOwn() {
    coreDoesNotUse(resideInAPackage("java.util.random.."));
    coreDoesNotUse(
        describe("are random generators", type -> type.isAssignableTo(java.util.Random.class)));
    check(noClasses().that().resideInAnyPackage(CORE).should().callMethod(Math.class, "random"));
  }

  @Test
  void theCoreHasNoThreads() {
    coreDoesNotUse(
        describe(
            "are threads or executors",
            type ->
                type.isAssignableTo(Thread.class)
                    || type.isAssignableTo(Executor.class)
                    || type.isAssignableTo(ExecutorService.class)
                    || type.isAssignableTo(Future.class)
                    || type.getName().equals("java.util.concurrent.Executors")
                    || type.getName().startsWith("java.util.Timer")));
  }

  @Test
  void everyPackageIsNullMarked() {
    List<String> unmarked =
        OURS.stream()
            .map(JavaClass::getPackage)
            .distinct()
            .filter(
                ours ->
                    !ours.tryGetPackageInfo()
                        .map(info -> info.isAnnotatedWith(NullMarked.class))
                        .orElse(false))
            .map(JavaPackage::getName)
            .sorted()
            .toList();
    assertEquals(List.of(), unmarked, "packages without a @NullMarked package-info.java");
  }

  private static void onlyIn(Set<Module> modules, String... libraries) {
    check(
        noClasses()
            .that(
                describe(
                    "are not of " + modules,
                    type -> modules.stream().noneMatch(module -> module.classes().test(type))))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(libraries));
  }

  private static void coreDoesNotUse(DescribedPredicate<? super JavaClass> unwanted) {
    check(noClasses().that().resideInAnyPackage(CORE).should().dependOnClassesThat(unwanted));
  }

  private static void check(ArchRule rule) {
    rule.allowEmptyShould(RULES_MAY_BE_EMPTY).check(OURS);
  }

  /** The packages of one module, each a slice of its own. */
  private record PackagesOf(Module module) implements SliceAssignment {
    @Override
    public SliceIdentifier getIdentifierOf(JavaClass type) {
      return module.classes().test(type)
          ? SliceIdentifier.of(type.getPackageName())
          : SliceIdentifier.ignore();
    }

    @Override
    public String getDescription() {
      return "packages of " + module;
    }
  }
}
