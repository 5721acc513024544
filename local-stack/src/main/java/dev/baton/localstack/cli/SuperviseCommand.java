package dev.baton.localstack.cli;

import dev.baton.localstack.stack.LocalStack;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The process in the background that {@code up} starts: runs the stack until SIGTERM. */
@Command(name = "supervise", hidden = true)
final class SuperviseCommand implements Callable<Integer> {
  @Mixin private final StackOptions options = new StackOptions();

  @Override
  public Integer call() {
    try (Interrupt signal = Interrupt.onSignal();
        LocalStack stack = LocalStack.start(options.spec(Home.directory()))) {
      new CountDownLatch(1).await();
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }
}
