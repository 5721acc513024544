package dev.baton.e2e;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The arrows between modules and packages, checked on the compiled classes of every module. */
class ArchitectureTest {
  /** Module folder → its root package and the root packages that it may use. */
  private static final Map<String, Allowed> MODULES =
      Map.of(
          "contracts", new Allowed("contracts"),
          "engine", new Allowed("engine", "contracts"),
          "kv-transfer", new Allowed("kvtransfer", "contracts"),
          "local-stack", new Allowed("localstack", "contracts"),
          "worker", new Allowed("worker", "contracts", "engine", "kvtransfer"),
          "kv-registry-service", new Allowed("registry", "contracts"),
          "prefill-service", new Allowed("prefill", "contracts", "engine", "kvtransfer", "worker"),
          "decode-service", new Allowed("decode", "contracts", "engine", "kvtransfer", "worker"),
          "router-service", new Allowed("router", "contracts"),
          "autoscaler-service", new Allowed("autoscaler", "contracts"));

  /** Decisions and data structures that must stay testable without a framework. */
  private static final String[] CORE = {
    "dev.baton.contracts..",
    "dev.baton.engine..",
    "dev.baton.kvtransfer..",
    "dev.baton.worker.blocks..",
    "dev.baton.worker.scheduling..",
    "dev.baton.worker.loop..",
    "dev.baton.worker.tiers..",
    "dev.baton.autoscaler.decide.."
  };

  private static JavaClasses classes;

  private record Allowed(String root, Set<String> uses) {
    Allowed(String root, String... uses) {
      this(root, Set.of(uses));
    }
  }

  @BeforeAll
  static void importEveryModule() {
    List<Path> folders =
        MODULES.keySet().stream()
            .map(module -> Path.of("..", module, "target", "classes"))
            .toList();
    assertThat(folders).allSatisfy(folder -> assertThat(Files.isDirectory(folder)).isTrue());
    classes = new ClassFileImporter().importPaths(folders);
  }

  static Stream<String> modules() {
    return MODULES.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("modules")
  void modulesUseOnlyTheModulesBelowThem(String module) {
    Allowed allowed = MODULES.get(module);
    noClasses()
        .that()
        .resideInAPackage("dev.baton." + allowed.root() + "..")
        .should()
        .dependOnClassesThat(
            new DescribedPredicate<JavaClass>("belong to a module above or beside " + module) {
              @Override
              public boolean test(JavaClass target) {
                String name = target.getPackageName();
                if (!name.startsWith("dev.baton.")) {
                  return false;
                }
                String root = name.split("\\.", -1)[2];
                return !root.equals(allowed.root()) && !allowed.uses().contains(root);
              }
            })
        .check(classes);
  }

  @Test
  void theCoreKnowsNoSpring() {
    noClasses()
        .that()
        .resideInAnyPackage(CORE)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.springframework..")
        .check(classes);
  }

  @ParameterizedTest
  @MethodSource("modules")
  void packagesOfAModuleHaveNoCycles(String module) {
    slices()
        .matching("dev.baton." + MODULES.get(module).root() + ".(*)..")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(classes);
  }
}
