package dev.baton.localstack.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.baton.localstack.process.ManagedProcess;
import dev.baton.localstack.process.ProcessSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StackLockTest {
  @TempDir Path dir;

  private ManagedProcess sleeper() {
    return ManagedProcess.start(
        new ProcessSpec(
            "sleeper",
            List.of("/bin/sleep", "600"),
            Map.of(),
            dir,
            dir.resolve("sleeper.log"),
            Duration.ofSeconds(1)));
  }

  private void leaveState(long pid, long startedAt, Path scratch) {
    new StackState(
            1,
            true,
            "http://127.0.0.1:1",
            scratch.toString(),
            List.of(
                new StackState.Component(
                    "kafka", ComponentStatus.State.READY, 1, pid, startedAt, 1, "")))
        .write(dir);
  }

  @Test
  void aDirectoryHasOneStackAtATime() {
    try (StackLock held = StackLock.acquire(dir)) {
      assertThat(held).isNotNull();
      assertThatThrownBy(() -> StackLock.acquire(dir)).isInstanceOf(AlreadyRunningException.class);
      assertThat(StackLock.isHeld(dir)).isTrue();
    }
    assertThat(StackLock.isHeld(dir)).isFalse();
  }

  @Test
  void whatACrashedStackLeftIsClearedAway() throws Exception {
    Path pools = Files.createDirectory(dir.resolve("pools"));
    Files.writeString(pools.resolve("pool"), "blocks");
    try (ManagedProcess orphan = sleeper()) {
      leaveState(orphan.pid(), orphan.startedAt(), pools);

      try (StackLock held = StackLock.acquire(dir)) {
        assertThat(held).isNotNull();
        assertThat(orphan.onExit().get().isAlive()).isFalse();
        assertThat(pools).doesNotExist();
        assertThat(StackState.read(dir)).isEmpty();
      }
    }
  }

  @Test
  void aStrangerThatGotTheProcessIdIsLeftAlone() {
    try (ManagedProcess stranger = sleeper()) {
      leaveState(stranger.pid(), stranger.startedAt() - 60_000, dir.resolve("none"));

      StackLock.acquire(dir).close();

      assertThat(stranger.isAlive()).isTrue();
    }
  }
}
