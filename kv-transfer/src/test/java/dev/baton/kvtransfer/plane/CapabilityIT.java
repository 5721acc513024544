package dev.baton.kvtransfer.plane;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** UCX is optional: what a process says and does with it and without it. */
final class CapabilityIT {
  @TempDir Path folder;

  @Test
  void usesUcxWhereItIsInstalled() throws Exception {
    assertThat(capabilities(classPath(), List.of()))
        .as("UCX needs Debian's libucx0 (apt-get install libucx0)")
        .anyMatch(line -> line.startsWith("Available[kind=UCX"))
        .endsWith("survived true", "closed");
  }

  @Test
  void saysThatTheUcxBindingIsMissingAndWorksWithoutIt() throws Exception {
    String without =
        Stream.of(classPath().split(File.pathSeparator))
            .filter(entry -> !entry.contains("jucx"))
            .collect(Collectors.joining(File.pathSeparator));

    assertThat(capabilities(without, List.of()))
        .anyMatch(line ->
            line.startsWith("Unavailable[kind=UCX, reason=UCX does not load")
                && line.contains("org.openucx"))
        .anyMatch(line -> line.startsWith("Available[kind=TCP"))
        .endsWith("survived true", "closed");
  }

  @Test
  void saysThatUcxCannotBeUnpackedAndWorksWithoutIt() throws Exception {
    Path nowhere = folder.resolve("nowhere");

    assertThat(capabilities(classPath(), List.of("-Djava.io.tmpdir=" + nowhere)))
        .anyMatch(line -> line.startsWith("Unavailable[kind=UCX, reason=UCX does not load"))
        .anyMatch(line -> line.startsWith("Available[kind=SHARED_MEMORY"))
        .endsWith("survived true", "closed");
  }

  private static String classPath() {
    return System.getProperty("java.class.path");
  }

  private List<String> capabilities(String classPath, List<String> options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx128m", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, CapabilityMain.class.getName()));
    command.add(folder.resolve("pool.kv").toString());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output.lines().toList();
  }
}
