package dev.baton.router.text;

import java.nio.file.Path;

/** A model directory that cannot be served; the message names the file and what is wrong in it. */
public final class ModelDirectoryException extends RuntimeException {
  private static final long serialVersionUID = 1;

  ModelDirectoryException(Path file, String problem) {
    super(file + ": " + problem);
  }

  ModelDirectoryException(Path file, String problem, Throwable cause) {
    super(file + ": " + problem, cause);
  }
}
