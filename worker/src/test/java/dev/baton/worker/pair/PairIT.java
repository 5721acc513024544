package dev.baton.worker.pair;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program that is run on machines with a GPU, here on the CPU. */
class PairIT {
  private static final Path MODEL = Path.of("..", "models", "deal-analyst");

  @TempDir Path folder;

  @Test
  void twoProcessesAnswerAsOneDoes() throws Exception {
    Random random = new Random(7);
    List<String> prompts =
        IntStream.of(40, 200, 333)
            .mapToObj(length ->
                "p"
                    + length
                    + "\t"
                    + IntStream.range(0, length)
                        .mapToObj(_ -> Integer.toString(random.nextInt(4000)))
                        .collect(Collectors.joining(",")))
            .toList();
    Path file = Files.write(folder.resolve("prompts.txt"), prompts);
    Path answers = folder.resolve("answers.txt");
    Path log = folder.resolve("log.txt");
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                PairMain.class.getName(),
                MODEL.toString(),
                "cpu",
                file.toString(),
                answers.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    assertThat(Files.readString(log)).contains("SHARED_MEMORY", "3 of 3 answers are equal");
    assertThat(Files.readAllLines(answers)).hasSize(3);
  }
}
