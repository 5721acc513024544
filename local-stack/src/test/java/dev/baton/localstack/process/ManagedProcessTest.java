package dev.baton.localstack.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManagedProcessTest {
  @TempDir Path dir;

  private ProcessSpec shell(String script, Duration grace) {
    return new ProcessSpec(
        "child", List.of("/bin/sh", "-c", script), Map.of(), dir, dir.resolve("child.log"), grace);
  }

  @Test
  void endsAProcessThatHeedsTheSignalWithoutKillingIt() {
    ManagedProcess child =
        ManagedProcess.start(
            shell(
                "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done",
                Duration.ofSeconds(20)));
    child.awaitReady(() -> child.logTail().contains("up"), Duration.ofSeconds(20));

    child.close();

    assertThat(child.exitStatus()).contains(0);
    assertThat(child.logTail()).contains("bye");
  }

  @Test
  void killsAProcessThatIgnoresTheSignalAfterItsGrace() {
    ManagedProcess child =
        ManagedProcess.start(
            shell("trap '' TERM; echo up; while :; do sleep 0.05; done", Duration.ofMillis(200)));
    child.awaitReady(() -> child.logTail().contains("up"), Duration.ofSeconds(20));

    child.close();

    assertThat(child.exitStatus()).contains(128 + 9);
  }

  @Test
  void namesTheProcessAndShowsItsLogWhenItEndsBeforeItIsReady() {
    ManagedProcess child =
        ManagedProcess.start(shell("echo the reason; exit 3", Duration.ofSeconds(1)));

    assertThatThrownBy(() -> child.awaitReady(() -> false, Duration.ofSeconds(20)))
        .isInstanceOf(StartFailedException.class)
        .hasMessageContaining("child ended with status 3")
        .hasMessageContaining("the reason");
  }

  @Test
  void stopsAProcessThatIsNotReadyInTime() {
    ManagedProcess child = ManagedProcess.start(shell("sleep 60", Duration.ofSeconds(5)));

    assertThatThrownBy(() -> child.awaitReady(() -> false, Duration.ofMillis(100)))
        .isInstanceOf(StartFailedException.class)
        .hasMessageContaining("not ready within");
    assertThat(child.isAlive()).isFalse();
  }

  @Test
  void childrenDieWithASupervisorThatIsKilled() throws Exception {
    Path pidFile = dir.resolve("pid");
    Process supervisor =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Supervisor.class.getName(),
                pidFile.toString())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("supervisor.log").toFile())
            .start();
    await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(pidFile));
    ProcessHandle child = ProcessHandle.of(Long.parseLong(Files.readString(pidFile))).orElseThrow();
    assertThat(child.isAlive()).isTrue();

    supervisor.destroyForcibly().waitFor();

    await().atMost(Duration.ofSeconds(10)).until(() -> !child.isAlive());
  }

  /** Starts a child from a thread that then ends, writes the child's id, and waits. */
  static final class Supervisor {
    public static void main(String[] args) throws Exception {
      Path pidFile = Path.of(args[0]);
      Path dir = pidFile.toAbsolutePath().getParent();
      Thread starter =
          Thread.ofVirtual()
              .start(() -> {
                ManagedProcess child =
                    ManagedProcess.start(
                        new ProcessSpec(
                            "sleeper",
                            List.of("/bin/sleep", "600"),
                            Map.of(),
                            dir,
                            dir.resolve("sleeper.log"),
                            Duration.ofSeconds(1)));
                try {
                  Path partial = dir.resolve("pid.partial");
                  Files.writeString(partial, Long.toString(child.pid()));
                  Files.move(partial, pidFile);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      starter.join();
      Thread.sleep(Duration.ofMinutes(5));
    }
  }
}
