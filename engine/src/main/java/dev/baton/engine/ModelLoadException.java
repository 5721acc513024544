package dev.baton.engine;

import java.nio.file.Path;

/**
 * A model directory cannot be used; the message names the file and, where there is one, the tensor.
 */
public final class ModelLoadException extends EngineException {
  private static final long serialVersionUID = 1L;

  ModelLoadException(Path file, String problem) {
    super(file + ": " + problem);
  }

  ModelLoadException(Path file, String tensor, String problem) {
    super(file + ": tensor " + tensor + ": " + problem);
  }
}
