package dev.baton.localstack.cli;

import dev.baton.localstack.process.Ports;
import dev.baton.localstack.stack.StackSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the commands that start a stack have in common. */
final class StackOptions {
  private static final int USUAL_PORT = 8080;

  @Option(names = "--port")
  private @Nullable Integer port;

  @Option(names = "--prefill")
  private @Nullable Integer prefill;

  @Option(names = "--decode")
  private @Nullable Integer decode;

  @Option(names = "--both")
  private int both;

  /** With workers of both kinds asked for, the default is no other worker. */
  StackSpec spec(Path home) {
    int prefillWorkers = prefill != null ? prefill : both > 0 ? 0 : 1;
    int decodeWorkers = decode != null ? decode : both > 0 ? 0 : 2;
    if (both == 0 && (prefillWorkers == 0 || decodeWorkers == 0)) {
      throw new CommandException(
          "at least one prefill and one decode worker, or one of --both, are needed");
    }
    return StackSpec.of(home, Home.stackDirectory(home))
        .withWorkers(prefillWorkers, decodeWorkers, both)
        .withRouterPort(chosenPort());
  }

  /** A port that was asked for must be free; the usual one gives way to any other. */
  private int chosenPort() {
    if (port == null) {
      return Ports.isFree(USUAL_PORT) ? USUAL_PORT : 0;
    }
    if (port != 0 && !Ports.isFree(port)) {
      throw new CommandException("port " + port + " is in use; choose another with --port");
    }
    return port;
  }

  /** The same options as arguments, for the process that runs in the background. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    arguments.add("--port=" + chosenPort());
    if (prefill != null) {
      arguments.add("--prefill=" + prefill);
    }
    if (decode != null) {
      arguments.add("--decode=" + decode);
    }
    arguments.add("--both=" + both);
    return arguments;
  }
}
