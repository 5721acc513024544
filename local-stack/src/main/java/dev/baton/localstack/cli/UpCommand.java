package dev.baton.localstack.cli;

import dev.baton.localstack.stack.ComponentStatus;
import dev.baton.localstack.stack.StackState;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Starts the supervisor in the background and follows its state until the stack can serve. */
@Command(name = "up")
final class UpCommand implements Callable<Integer> {
  private static final Duration DEADLINE = Duration.ofMinutes(10);
  private static final long POLL_MILLIS = 200;

  @Mixin private final StackOptions options = new StackOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Terminal terminal = Terminal.system();
    Optional<StackState> running = Home.running();
    if (running.isPresent()) {
      terminal.line("Already running at " + running.get().routerUrl());
      return 0;
    }
    Path home = Home.directory();
    options.spec(home);
    Path log = home.resolve(".baton/logs/supervisor.log");
    Process supervisor = launch(log);
    try (ProgressView progress = new ProgressView(terminal)) {
      StackState state = follow(supervisor, log, progress);
      terminal.line("API at " + terminal.bold(state.routerUrl()) + ", stop with ./baton down");
      return 0;
    } catch (InterruptedException e) {
      supervisor.destroy();
      throw e;
    }
  }

  /**
   * The same JVM with the same options, in a session of its own so that Ctrl-C does not reach it.
   */
  private Process launch(Path log) throws IOException {
    Files.createDirectories(log.getParent());
    List<String> command = new ArrayList<>();
    command.add("setsid");
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(
        List.of(
            "-cp", System.getProperty("java.class.path"), BatonCli.class.getName(), "supervise"));
    command.addAll(options.arguments());
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectInput(new File("/dev/null"))
        .redirectOutput(log.toFile())
        .start();
  }

  private static StackState follow(Process supervisor, Path log, ProgressView progress)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + DEADLINE.toNanos();
    List<StackState.Component> shown = List.of();
    while (System.nanoTime() - end < 0) {
      Optional<StackState> state =
          StackState.read(Home.stackDirectory(Home.directory()))
              .filter(found -> found.supervisor() == supervisor.pid());
      if (state.isPresent() && !state.get().components().equals(shown)) {
        shown = state.get().components();
        shown.forEach(component -> progress.changed(status(component)));
      }
      if (state.isPresent() && state.get().ready()) {
        return state.get();
      }
      if (supervisor.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new CommandException(
            "the stack did not start%n%s".formatted(Files.readString(log).strip()));
      }
    }
    supervisor.destroy();
    throw new CommandException("the stack was not ready within " + DEADLINE.toMinutes() + " min");
  }

  private static ComponentStatus status(StackState.Component component) {
    return new ComponentStatus(
        component.name(),
        component.state(),
        Duration.ofMillis((long) (component.seconds() * 1000)));
  }
}
