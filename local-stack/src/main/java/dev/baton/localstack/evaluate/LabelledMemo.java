package dev.baton.localstack.evaluate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A memo with its true analysis.
 *
 * @param answer object with the fields of the schema
 */
public record LabelledMemo(String id, String memo, JsonNode answer) {
  /**
   * Reads one JSON object a line, with {@code id}, {@code memo} and {@code answer}, the latter an
   * object or its text.
   */
  public static List<LabelledMemo> readAll(Path jsonLines) throws IOException {
    try (Stream<String> lines = Files.lines(jsonLines)) {
      return lines.filter(line -> !line.isBlank()).map(LabelledMemo::parse).toList();
    }
  }

  private static LabelledMemo parse(String line) {
    JsonNode json = JsonMapper.shared().readTree(line);
    JsonNode answer = json.path("answer");
    return new LabelledMemo(
        json.path("id").asString(""),
        json.path("memo").asString(""),
        answer.isString() ? JsonMapper.shared().readTree(answer.stringValue()) : answer);
  }
}
