package dev.baton.engine;

import java.nio.file.Path;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * What {@code quantization_config} of a checkpoint may ask for: weights in FP8 with one scale a
 * tensor or one an output, as llm-compressor ({@code compressed-tensors}), AutoFP8 ({@code fp8})
 * and FBGEMM ({@code fbgemm_fp8}) write them. What it says of activations is not needed: they are
 * quantised row by row as they come, if at all.
 */
final class QuantizationConfig {
  private QuantizationConfig() {}

  /** Throws {@link ModelLoadException} for anything else. */
  static void check(Path file, JsonNode config) {
    String method = config.path("quant_method").asString("none");
    switch (method) {
      case "fbgemm_fp8" -> {}
      case "fp8" -> {
        if (config.hasNonNull("weight_block_size")) {
          throw unsupported(file, method + " with scales for blocks of weights");
        }
      }
      case "compressed-tensors" -> {
        JsonNode groups = config.path("config_groups");
        if (!groups.isObject() || groups.isEmpty()) {
          throw new ModelLoadException(file, "quantization_config has no config_groups");
        }
        for (Map.Entry<String, JsonNode> group : groups.properties()) {
          checkGroup(file, group.getKey(), group.getValue().path("weights"));
        }
      }
      default -> throw unsupported(file, "method " + method);
    }
  }

  private static void checkGroup(Path file, String name, JsonNode weights) {
    String strategy = weights.path("strategy").asString("none");
    boolean fp8 =
        weights.path("type").asString("").equals("float")
            && weights.path("num_bits").asInt(0) == 8
            && weights.path("symmetric").asBoolean(true);
    if (!fp8 || !(strategy.equals("tensor") || strategy.equals("channel"))) {
      throw unsupported(
          file,
          "compressed-tensors, %s: weights of %d bits, type %s, strategy %s"
              .formatted(
                  name,
                  weights.path("num_bits").asInt(0),
                  weights.path("type").asString("none"),
                  strategy));
    }
  }

  private static ModelLoadException unsupported(Path file, String what) {
    return new ModelLoadException(
        file,
        "quantization_config: "
            + what
            + " is not supported, only FP8 weights with a scale a tensor or an output");
  }
}
