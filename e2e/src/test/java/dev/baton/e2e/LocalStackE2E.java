package dev.baton.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.baton.localstack.client.Analysis;
import dev.baton.localstack.stack.AlreadyRunningException;
import dev.baton.localstack.stack.LocalStack;
import dev.baton.localstack.stack.ServiceHandle;
import dev.baton.localstack.stack.StackState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The life of the stack itself. */
class LocalStackE2E {
  private static final long LIMIT_BYTES = 6L << 30;

  @Test
  void everythingStartsServesFitsAndStops() throws Exception {
    List<Long> processes;
    Path directory;
    Path pools;
    try (Platform platform = Platform.start("life", spec -> spec)) {
      LocalStack stack = platform.stack();
      directory = stack.spec().directory();
      processes = processIds(stack);
      pools = Path.of(StackState.read(directory).orElseThrow().scratch());

      assertThat(LocalStack.isRunning(directory)).isTrue();
      assertThatThrownBy(() -> LocalStack.start(stack.spec()))
          .isInstanceOf(AlreadyRunningException.class);
      Analysis analysis =
          platform.api().analyse(Platform.memos().getFirst(), text -> {}, Duration.ofMinutes(2));
      assertThat(analysis.fields().path("company").asString("")).isNotBlank();
      assertThat(stack.residentBytes()).isPositive().isLessThan(LIMIT_BYTES);
    }
    assertThat(processes).hasSize(8).noneMatch(LocalStackE2E::isAlive);
    assertThat(LocalStack.isRunning(directory)).isFalse();
    assertThat(pools).doesNotExist();
    assertThat(Files.exists(directory.resolve("run/stack.json"))).isFalse();
  }

  private static List<Long> processIds(LocalStack stack) {
    return Stream.concat(
            Stream.of(stack.kafka().process(), stack.redis().process()),
            stack.services().stream().map(ServiceHandle::process))
        .map(process -> process.pid())
        .toList();
  }

  private static boolean isAlive(long pid) {
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
  }
}
