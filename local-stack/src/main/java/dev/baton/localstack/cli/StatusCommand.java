package dev.baton.localstack.cli;

import dev.baton.localstack.process.ProcessTree;
import dev.baton.localstack.stack.StackState;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Shows what runs, and asks the kernel rather than the state file whether it still does. */
@Command(name = "status")
final class StatusCommand implements Callable<Integer> {
  private static final int NOT_SERVING = 1;

  @Override
  public Integer call() {
    Terminal terminal = Terminal.system();
    Optional<StackState> running = Home.running();
    if (running.isEmpty()) {
      terminal.line("No stack is running; start one with ./baton up");
      return NOT_SERVING;
    }
    StackState state = running.get();
    long total = 0;
    boolean complete = true;
    terminal.line(
        String.format(
            "%-12s %-10s %8s %6s %9s  %s", "component", "state", "pid", "port", "MiB", "log"));
    for (StackState.Component component : state.components()) {
      long bytes = ProcessTree.residentBytes(component.pid());
      boolean gone = component.pid() > 0 && bytes == 0;
      complete &= !gone;
      total += bytes;
      terminal.line(
          String.format(
              Locale.ROOT,
              "%-12s %-10s %8d %6d %9d  %s",
              component.name(),
              gone ? "dead" : component.state().name().toLowerCase(Locale.ROOT),
              component.pid(),
              component.port(),
              bytes >> 20,
              component.log()));
    }
    terminal.line(String.format(Locale.ROOT, "%-12s %36d", "together", total >> 20));
    terminal.line(state.ready() ? "API at " + state.routerUrl() : "Still starting");
    return state.ready() && complete ? 0 : NOT_SERVING;
  }
}
