package dev.baton.localstack.cli;

import picocli.CommandLine.Command;

/** Measurements that start stacks of their own. */
@Command(name = "bench", subcommands = PlacementBenchCommand.class)
final class BenchCommand implements Runnable {
  @Override
  public void run() {
    throw new CommandException("what to measure? There is: bench placement");
  }
}
