package dev.baton.localstack.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What to run.
 *
 * @param name short name for messages
 * @param command program and arguments
 * @param environment variables added to the supervisor's own
 * @param directory working directory, created when missing
 * @param log file that takes standard output and error, appended to
 * @param stopGrace time between SIGTERM and SIGKILL
 */
public record ProcessSpec(
    String name,
    List<String> command,
    Map<String, String> environment,
    Path directory,
    Path log,
    Duration stopGrace) {
  public ProcessSpec {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
    if (command.isEmpty()) {
      throw new IllegalArgumentException("empty command for " + name);
    }
  }
}
