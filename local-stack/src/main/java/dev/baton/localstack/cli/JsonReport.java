package dev.baton.localstack.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** What a command measured, in a file for other programs. */
final class JsonReport {
  private JsonReport() {}

  /**
   * Writes it and says where.
   *
   * @param wanted where the user wants it; null: at {@code usual}
   */
  static void write(Object content, @Nullable Path wanted, Path usual, Terminal terminal)
      throws IOException {
    Path file = wanted == null ? usual : wanted;
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(
        file, JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(content));
    terminal.line("Report in " + file);
  }
}
