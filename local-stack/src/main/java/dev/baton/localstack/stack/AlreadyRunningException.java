package dev.baton.localstack.stack;

import java.nio.file.Path;

/** Another process runs a stack in this directory. */
public final class AlreadyRunningException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  AlreadyRunningException(Path directory) {
    super("a stack is already running in " + directory);
  }
}
