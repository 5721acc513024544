package dev.baton.localstack.servers;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where the build has put Kafka: {@code kafka-lib} beside this module's classes or jar. */
final class KafkaFiles {
  private KafkaFiles() {}

  /** This module's code first, then Kafka's jars in a fixed order. */
  static String classPath() {
    Path code = codeOfThisModule();
    Path lib = directory(code);
    try (Stream<Path> jars = Files.list(lib)) {
      return Stream.concat(
              Stream.of(code), jars.filter(jar -> jar.toString().endsWith(".jar")).sorted())
          .map(Path::toString)
          .collect(Collectors.joining(File.pathSeparator));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path directory(Path code) {
    Path parent = code.getParent();
    Path lib = parent == null ? Path.of("kafka-lib") : parent.resolve("kafka-lib");
    for (Path candidate :
        new Path[] {lib, parent == null ? lib : parent.resolveSibling("kafka-lib")}) {
      if (Files.isDirectory(candidate)) {
        return candidate;
      }
    }
    throw new IllegalStateException(
        "Kafka's jars are not at %s: build the module local-stack first".formatted(lib));
  }

  private static Path codeOfThisModule() {
    try {
      return Path.of(KafkaFiles.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
