package dev.baton.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A model of {@code engine/golden} with what transformers computed for it in float32. */
record GoldenModel(Path directory, List<Case> cases) {
  private static final Path ROOT = Path.of("golden");

  /**
   * @param greedy tokens that follow the prompt
   * @param gaps largest logit minus second largest, a step
   * @param logits of some steps: {@code [vocabulary]}
   */
  record Case(int[] prompt, int[] greedy, float[] gaps, Map<Integer, float[]> logits) {
    /** The prompt and all greedy tokens. */
    int[] sequence() {
      int[] all = java.util.Arrays.copyOf(prompt, prompt.length + greedy.length);
      System.arraycopy(greedy, 0, all, prompt.length, greedy.length);
      return all;
    }
  }

  static List<GoldenModel> all() throws IOException {
    try (Stream<Path> directories = Files.list(ROOT)) {
      return directories.filter(Files::isDirectory).sorted().map(GoldenModel::read).toList();
    }
  }

  static GoldenModel named(String name) {
    return read(ROOT.resolve(name));
  }

  private static GoldenModel read(Path directory) {
    try {
      JsonNode golden =
          JsonMapper.shared().readTree(Files.readAllBytes(directory.resolve("golden.json")));
      List<Case> cases = new ArrayList<>();
      for (JsonNode node : golden.path("cases")) {
        Map<Integer, float[]> logits = new TreeMap<>();
        node.path("logits")
            .properties()
            .forEach(e -> logits.put(Integer.valueOf(e.getKey()), floats(e.getValue().asString())));
        cases.add(
            new Case(ints(node.path("prompt")), ints(node.path("greedy")), gaps(node), logits));
      }
      return new GoldenModel(directory, cases);
    } catch (IOException failed) {
      throw new java.io.UncheckedIOException(failed);
    }
  }

  private static float[] gaps(JsonNode node) {
    JsonNode array = node.path("gaps");
    float[] gaps = new float[array.size()];
    for (int i = 0; i < gaps.length; i++) {
      gaps[i] = (float) array.path(i).asDouble();
    }
    return gaps;
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.path(i).asInt();
    }
    return values;
  }

  private static float[] floats(String base64) {
    ByteBuffer bytes =
        ByteBuffer.wrap(Base64.getDecoder().decode(base64)).order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  @Override
  public String toString() {
    return directory.getFileName().toString();
  }
}
