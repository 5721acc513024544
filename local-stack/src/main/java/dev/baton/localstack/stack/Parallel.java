package dev.baton.localstack.stack;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Runs tasks side by side and waits for all of them. */
final class Parallel {
  private Parallel() {}

  /** The first failure interrupts the others and is thrown. The tasks bound their own time. */
  static void run(List<? extends Runnable> tasks) {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var completion = new ExecutorCompletionService<Void>(threads);
      tasks.forEach(task -> completion.submit(task, null));
      for (int done = 0; done < tasks.size(); done++) {
        try {
          completion.take().get();
        } catch (ExecutionException e) {
          threads.shutdownNow();
          throw e.getCause() instanceof RuntimeException failure
              ? failure
              : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
          threads.shutdownNow();
          Thread.currentThread().interrupt();
          throw new IllegalStateException("interrupted", e);
        }
      }
    }
  }
}
