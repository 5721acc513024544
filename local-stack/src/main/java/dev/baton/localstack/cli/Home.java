package dev.baton.localstack.cli;

import dev.baton.localstack.stack.LocalStack;
import dev.baton.localstack.stack.StackState;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The repository that the command line belongs to, and the stack that may be running there. */
final class Home {
  private Home() {}

  /** Given by the start script. */
  static Path directory() {
    return Path.of(System.getProperty("baton.home", ".")).toAbsolutePath().normalize();
  }

  static Path stackDirectory(Path home) {
    return home.resolve(".baton/stack");
  }

  /** The state of the stack that runs now. */
  static Optional<StackState> running() {
    Path directory = stackDirectory(directory());
    return LocalStack.isRunning(directory) ? StackState.read(directory) : Optional.empty();
  }

  /** The address given, else that of the running stack. */
  static URI router(@Nullable URI given) {
    if (given != null) {
      return given;
    }
    StackState state =
        running()
            .orElseThrow(
                () -> new CommandException("no stack is running; start one with ./baton up"));
    if (!state.ready()) {
      throw new CommandException("the stack is still starting; see ./baton status");
    }
    return URI.create(state.routerUrl());
  }
}
