package dev.baton.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads {@code config.json} as transformers 4 and 5 write it. */
final class LlamaConfigReader {
  private static final String ARCHITECTURE = "LlamaForCausalLM";

  private final Path file;
  private final JsonNode config;

  private LlamaConfigReader(Path file, JsonNode config) {
    this.file = file;
    this.config = config;
  }

  static LlamaConfig read(Path file) {
    return new LlamaConfigReader(file, json(file)).read();
  }

  /** The JSON object in {@code file}. */
  static JsonNode json(Path file) {
    try {
      JsonNode node = JsonMapper.shared().readTree(Files.readAllBytes(file));
      if (!node.isObject()) {
        throw new ModelLoadException(file, "not a JSON object");
      }
      return node;
    } catch (NoSuchFileException missing) {
      throw new ModelLoadException(file, "no such file");
    } catch (IOException failed) {
      throw new ModelLoadException(file, "cannot be read: " + failed.getMessage());
    } catch (JacksonException malformed) {
      throw new ModelLoadException(file, "not valid JSON: " + malformed.getOriginalMessage());
    }
  }

  private LlamaConfig read() {
    String architecture = config.path("architectures").path(0).asString("none");
    if (!architecture.equals(ARCHITECTURE)) {
      throw new ModelLoadException(
          file, "architecture " + architecture + " is not supported, only " + ARCHITECTURE);
    }
    rejectFlag("attention_bias");
    rejectFlag("mlp_bias");
    String activation = config.path("hidden_act").asString("silu");
    if (!activation.equals("silu") && !activation.equals("swish")) {
      throw new ModelLoadException(file, "hidden_act " + activation + " is not supported");
    }
    if (config.hasNonNull("quantization_config")) {
      QuantizationConfig.check(file, config.path("quantization_config"));
    }
    int hidden = positive("hidden_size", 1 << 16);
    int heads = positive("num_attention_heads", 1 << 12);
    int kvHeads =
        config.hasNonNull("num_key_value_heads") ? positive("num_key_value_heads", 1 << 12) : heads;
    if (heads % kvHeads != 0) {
      throw new ModelLoadException(
          file,
          "num_attention_heads %d is not a multiple of num_key_value_heads %d"
              .formatted(heads, kvHeads));
    }
    int headDim = config.hasNonNull("head_dim") ? positive("head_dim", 1 << 10) : hidden / heads;
    if (headDim < 2 || headDim % 2 != 0) {
      throw new ModelLoadException(file, "head_dim " + headDim + " is not even");
    }
    return new LlamaConfig(
        architecture,
        hidden,
        positive("num_hidden_layers", 1 << 12),
        heads,
        kvHeads,
        headDim,
        positive("intermediate_size", 1 << 20),
        positive("vocab_size", 1 << 24),
        positive("max_position_embeddings", 1 << 28),
        (float) number(config, "rms_norm_eps", 1e-6),
        config.path("tie_word_embeddings").asBoolean(false),
        rotary(),
        endTokens(config));
  }

  private void rejectFlag(String name) {
    if (config.path(name).asBoolean(false)) {
      throw new ModelLoadException(file, name + " is not supported");
    }
  }

  private int positive(String name, int limit) {
    JsonNode value = config.path(name);
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw new ModelLoadException(file, name + " is missing or not an integer");
    }
    if (value.asInt() < 1 || value.asInt() > limit) {
      throw new ModelLoadException(
          file, name + " must be between 1 and " + limit + ", was " + value.asInt());
    }
    return value.asInt();
  }

  private double number(JsonNode node, String name, double otherwise) {
    JsonNode value = node.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isNumber() || !(value.asDouble() > 0) || Double.isInfinite(value.asDouble())) {
      throw new ModelLoadException(file, name + " must be a positive number, was " + value);
    }
    return value.asDouble();
  }

  private double required(JsonNode node, String name) {
    if (!node.hasNonNull(name)) {
      throw new ModelLoadException(file, "rope scaling lacks " + name);
    }
    return number(node, name, Double.NaN);
  }

  /** {@code rope_parameters} of transformers 5, or {@code rope_theta} and {@code rope_scaling}. */
  private RotaryEmbedding rotary() {
    JsonNode parameters =
        config.hasNonNull("rope_parameters")
            ? config.path("rope_parameters")
            : config.path("rope_scaling");
    double theta = number(parameters, "rope_theta", number(config, "rope_theta", 10000));
    String type =
        parameters.path("rope_type").asString(parameters.path("type").asString("default"));
    return switch (type) {
      case "default" -> new RotaryEmbedding.Plain(theta);
      case "linear" -> new RotaryEmbedding.Linear(theta, required(parameters, "factor"));
      case "llama3" ->
          new RotaryEmbedding.Llama3(
              theta,
              required(parameters, "factor"),
              required(parameters, "low_freq_factor"),
              required(parameters, "high_freq_factor"),
              required(parameters, "original_max_position_embeddings"));
      default -> throw new ModelLoadException(file, "rope_type " + type + " is not supported");
    };
  }

  /** {@code eos_token_id}: one id, several, or none. */
  static List<Integer> endTokens(JsonNode config) {
    JsonNode ends = config.path("eos_token_id");
    List<Integer> ids = new ArrayList<>();
    if (ends.isArray()) {
      ends.forEach(id -> ids.add(id.asInt()));
    } else if (ends.isIntegralNumber()) {
      ids.add(ends.asInt());
    }
    return ids;
  }
}
