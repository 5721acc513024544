package dev.baton.e2e;

import static org.awaitility.Awaitility.await;

import dev.baton.contracts.WorkerStats;
import dev.baton.localstack.client.ApiClient;
import dev.baton.localstack.stack.LocalStack;
import dev.baton.localstack.stack.ServiceHandle;
import dev.baton.localstack.stack.ServiceKind;
import dev.baton.localstack.stack.StackSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** A running local stack with what the tests ask of it. */
final class Platform implements AutoCloseable {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();

  private final LocalStack stack;
  private final ApiClient api;
  private final Chat chat;

  private Platform(LocalStack stack) {
    this.stack = stack;
    this.api = new ApiClient(stack.routerUri());
    this.chat = new Chat(stack.routerUri());
  }

  static Platform start(String name, UnaryOperator<StackSpec> adjust) {
    StackSpec spec = StackSpec.of(HOME, HOME.resolve("e2e/target/stacks").resolve(name));
    return new Platform(LocalStack.start(adjust.apply(spec)));
  }

  LocalStack stack() {
    return stack;
  }

  ApiClient api() {
    return api;
  }

  Chat chat() {
    return chat;
  }

  /** The sample memos, shortest first. */
  static List<String> memos() {
    try (Stream<Path> files = Files.list(HOME.resolve("examples"))) {
      return files
          .filter(file -> file.toString().endsWith(".txt"))
          .map(Platform::read)
          .sorted((a, b) -> Integer.compare(a.length(), b.length()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<ServiceHandle> workers() {
    return Stream.of(ServiceKind.PREFILL, ServiceKind.DECODE)
        .flatMap(kind -> stack.services(kind).stream())
        .filter(worker -> worker.process().isAlive())
        .toList();
  }

  WorkerStats stats(ServiceHandle worker) {
    try {
      return api.stats(worker.uri());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Sum of a counter over the live workers of a kind. */
  long sum(ServiceKind kind, ToLongFunction<WorkerStats> counter) {
    return workers().stream()
        .filter(worker -> worker.kind() == kind)
        .mapToLong(worker -> counter.applyAsLong(stats(worker)))
        .sum();
  }

  /** Waits until nothing runs, nothing is on lease, and every block of every pool is free. */
  void awaitIdleAndWhole(Duration deadline) {
    await()
        .atMost(deadline)
        .untilAsserted(
            () -> {
              for (ServiceHandle worker : workers()) {
                WorkerStats stats = stats(worker);
                org.assertj.core.api.Assertions.assertThat(stats)
                    .as(worker.name())
                    .matches(s -> s.runningSequences() == 0, "nothing runs")
                    .matches(s -> s.waitingRequests() == 0, "nothing waits")
                    .matches(s -> s.openLeases() == 0, "nothing on lease")
                    .matches(s -> s.pinnedBlocks() == 0, "nothing pinned")
                    .matches(s -> s.freeBlocks() == s.totalBlocks(), "all blocks free");
              }
            });
  }

  @Override
  public void close() {
    stack.close();
  }
}
