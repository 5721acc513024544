package dev.baton.router.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The JSON files of a Hugging Face model directory that concern text. */
final class ModelFiles {
  private static final JsonMapper JSON = JsonMapper.shared();

  private final Path directory;

  ModelFiles(Path directory) {
    this.directory = directory;
  }

  Path tokenizer() {
    return directory.resolve("tokenizer.json");
  }

  JsonNode required(String name) {
    Path file = directory.resolve(name);
    if (!Files.isRegularFile(file)) {
      throw new ModelDirectoryException(file, "no such file");
    }
    try {
      JsonNode json = JSON.readTree(Files.readAllBytes(file));
      if (!json.isObject()) {
        throw new ModelDirectoryException(file, "not a JSON object");
      }
      return json;
    } catch (IOException | JacksonException e) {
      throw new ModelDirectoryException(file, "cannot be read as JSON", e);
    }
  }

  JsonNode optional(String name) {
    return Files.exists(directory.resolve(name)) ? required(name) : JSON.createObjectNode();
  }

  /** {@code max_position_embeddings}: tokens of prompt and output together. */
  int contextLength() {
    JsonNode value = required("config.json").path("max_position_embeddings");
    if (!value.isInt() || value.intValue() < 2) {
      throw new ModelDirectoryException(
          directory.resolve("config.json"), "max_position_embeddings must be an integer above 1");
    }
    return value.intValue();
  }

  /** The chat template: a file of its own, or a field of {@code tokenizer_config.json}. */
  String chatTemplate() {
    Path own = directory.resolve("chat_template.jinja");
    if (Files.isRegularFile(own)) {
      try {
        return Files.readString(own);
      } catch (IOException e) {
        throw new ModelDirectoryException(own, "cannot be read", e);
      }
    }
    JsonNode template = required("tokenizer_config.json").path("chat_template");
    if (template.isArray()) {
      for (JsonNode named : template) {
        if (named.path("name").asString("").equals("default")) {
          template = named.path("template");
          break;
        }
      }
    }
    if (!template.isString()) {
      throw new ModelDirectoryException(
          directory.resolve("tokenizer_config.json"), "chat_template is missing");
    }
    return template.stringValue();
  }

  /** Text of a special token such as {@code bos_token}; empty where the model has none. */
  String specialToken(String name) {
    JsonNode token = required("tokenizer_config.json").path(name);
    return token.isObject() ? token.path("content").asString("") : token.asString("");
  }

  /** Ids that end an output, from {@code generation_config.json}, else {@code config.json}. */
  Set<Integer> endTokens() {
    JsonNode ids = optional("generation_config.json").path("eos_token_id");
    if (ids.isMissingNode() || ids.isNull()) {
      ids = required("config.json").path("eos_token_id");
    }
    Set<Integer> ends = new LinkedHashSet<>();
    if (ids.isArray()) {
      ids.forEach(id -> ends.add(id.intValue()));
    } else if (ids.isInt()) {
      ends.add(ids.intValue());
    }
    return ends;
  }
}
