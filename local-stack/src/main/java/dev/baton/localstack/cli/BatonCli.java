package dev.baton.localstack.cli;

import dev.baton.localstack.process.StartFailedException;
import dev.baton.localstack.stack.AlreadyRunningException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of the commands; {@code ./baton} finds the tools, builds, and calls it. */
@Command(
    name = "baton",
    subcommands = {
      DemoCommand.class,
      UpCommand.class,
      SuperviseCommand.class,
      DownCommand.class,
      StatusCommand.class,
      AnalyzeCommand.class,
      EvaluateCommand.class,
      BenchCommand.class
    })
public final class BatonCli {
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  BatonCli() {}

  public static void main(String[] args) {
    int status = commandLine().execute(args);
    if (status != 0) {
      System.exit(status);
    }
  }

  static CommandLine commandLine() {
    return new CommandLine(new BatonCli())
        .setExecutionExceptionHandler((failure, command, parsed) -> {
          switch (failure) {
            case CommandException expected -> complain(expected.getMessage());
            case StartFailedException expected -> complain(expected.getMessage());
            case AlreadyRunningException expected ->
                complain(expected.getMessage() + "; stop it with ./baton down");
            default -> failure.printStackTrace(command.getErr());
          }
          return FAILED;
        })
        .setParameterExceptionHandler((mistake, args) -> {
          complain(mistake.getMessage());
          complain("try ./baton " + mistake.getCommandLine().getCommandName() + " --help");
          return USAGE;
        });
  }

  private static void complain(@Nullable String message) {
    System.err.println("baton: " + message);
  }
}
