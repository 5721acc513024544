package dev.baton.localstack.cli;

import dev.baton.localstack.stack.LocalStack;
import dev.baton.localstack.stack.StackState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;

/** Stops the stack, whoever started it, and waits until it is gone. */
@Command(name = "down")
final class DownCommand implements Callable<Integer> {
  private static final Duration GRACE = Duration.ofSeconds(75);

  @Override
  public Integer call() throws InterruptedException {
    Terminal terminal = Terminal.system();
    Path directory = Home.stackDirectory(Home.directory());
    if (!LocalStack.isRunning(directory)) {
      terminal.line("No stack is running");
      return 0;
    }
    long supervisor =
        StackState.read(directory)
            .map(StackState::supervisor)
            .orElseThrow(
                () -> new CommandException("the stack has just begun to start; try again"));
    Optional<ProcessHandle> process = ProcessHandle.of(supervisor);
    process.ifPresent(DownCommand::stop);
    terminal.line("Stopped");
    return 0;
  }

  private static void stop(ProcessHandle supervisor) {
    supervisor.destroy();
    try {
      supervisor.onExit().get(GRACE.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      // Its children die with it.
      supervisor.destroyForcibly();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted; the stack is still stopping");
    }
  }
}
