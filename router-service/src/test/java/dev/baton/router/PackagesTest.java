package dev.baton.router;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The arrows between the router's packages. */
class PackagesTest {
  private static JavaClasses classes;

  @BeforeAll
  static void importClasses() {
    classes = new ClassFileImporter().importPath(Path.of("target", "classes"));
  }

  @Test
  void thereAreNoCycles() {
    slices().matching("dev.baton.router.(*)..").should().beFreeOfCycles().check(classes);
  }

  @Test
  void dealKnowledgeStaysInItsPackage() {
    noClasses()
        .that()
        .resideOutsideOfPackage("..router.deals..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("..router.deals..")
        .check(classes);
  }

  @Test
  void theTokenLevelKnowsNoText() {
    noClasses()
        .that()
        .resideInAnyPackage("..router.generation..", "..router.placement..", "..router.cluster..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("..router.text..", "..router.answer..", "..router.http..")
        .check(classes);
  }

  @Test
  void placementKnowsNoSpringBeyondItsProperties() {
    noClasses()
        .that()
        .resideInAPackage("..router.placement..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.springframework.stereotype..", "org.springframework.web..")
        .check(classes);
  }
}
