package dev.baton.router.deals;

import dev.baton.contracts.TokenIds;
import dev.baton.router.text.TextModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Memos to prompts and answers to text, for workers that are driven without a router.
 *
 * <pre>
 * DealTokensMain encode MODEL_DIRECTORY memos.jsonl prompts.txt
 * DealTokensMain decode MODEL_DIRECTORY answers.txt answers.jsonl
 * </pre>
 *
 * memos.jsonl is what {@code generate.py} writes and answers.jsonl what {@code score.py} reads; a
 * line of the others is {@code id<TAB>token,token,…}.
 */
public final class DealTokensMain {
  private DealTokensMain() {}

  public static void main(String[] args) throws IOException {
    if (args.length != 4) {
      System.err.println("usage: DealTokensMain encode|decode MODEL_DIRECTORY FROM TO");
      System.exit(2);
    }
    List<String> from = Files.readAllLines(Path.of(args[2]));
    try (TextModel model = TextModel.load("deal-analyst", Path.of(args[1]))) {
      List<String> to =
          from.stream()
              .map(line -> args[0].equals("encode") ? encode(model, line) : decode(model, line))
              .toList();
      Files.write(Path.of(args[3]), to);
    }
  }

  private static String encode(TextModel model, String line) {
    JsonNode memo = JsonMapper.shared().readTree(line);
    TokenIds prompt = DealAnalysesApi.prompt(model, memo.path("memo").asString());
    return memo.path("id").asString()
        + "\t"
        + Arrays.stream(prompt.toArray())
            .mapToObj(Integer::toString)
            .collect(Collectors.joining(","));
  }

  private static String decode(TextModel model, String line) {
    String[] parts = line.split("\t", 2);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (String id : parts[1].split(",")) {
      bytes.writeBytes(model.tokenBytes(Integer.parseInt(id)));
    }
    String text = bytes.toString(StandardCharsets.UTF_8);
    return JsonMapper.shared().writeValueAsString(Map.of("id", parts[0], "output", text));
  }
}
