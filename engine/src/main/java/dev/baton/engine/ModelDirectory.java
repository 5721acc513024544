package dev.baton.engine;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/** A Hugging Face model directory: {@code config.json} and single or sharded safetensors. */
final class ModelDirectory {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private final Path directory;

  ModelDirectory(Path directory) {
    this.directory = directory;
  }

  Path configFile() {
    return directory.resolve("config.json");
  }

  LlamaConfig config() {
    if (!Files.isDirectory(directory)) {
      throw new ModelLoadException(directory, "no such directory");
    }
    return LlamaConfigReader.read(configFile());
  }

  /** Ids that end an output: those of {@code generation_config.json} too, where there is one. */
  int[] endTokens(LlamaConfig config) {
    TreeSet<Integer> ids = new TreeSet<>(config.endTokens());
    Path file = directory.resolve("generation_config.json");
    if (Files.exists(file)) {
      ids.addAll(LlamaConfigReader.endTokens(LlamaConfigReader.json(file)));
    }
    return ids.stream().mapToInt(Integer::intValue).filter(id -> id >= 0).toArray();
  }

  /** The weight files, in order of name. */
  List<Path> weightFiles() {
    Path index = directory.resolve(INDEX);
    if (!Files.exists(index)) {
      return List.of(directory.resolve(SINGLE));
    }
    TreeSet<String> names = new TreeSet<>(weightMap(index).values());
    List<Path> files = new ArrayList<>();
    for (String name : names) {
      if (name.contains("/") || name.contains("\\") || name.equals("..")) {
        throw new ModelLoadException(index, "file name " + name + " leaves the directory");
      }
      files.add(directory.resolve(name));
    }
    return files;
  }

  private static Map<String, String> weightMap(Path index) {
    JsonNode map = LlamaConfigReader.json(index).path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      throw new ModelLoadException(index, "weight_map is missing or empty");
    }
    Map<String, String> files = new LinkedHashMap<>();
    map.properties().forEach(entry -> files.put(entry.getKey(), entry.getValue().asString("")));
    return files;
  }

  /**
   * The tensors that {@code config} needs and the scales of those in FP8, mapped for the life of
   * {@code arena} and checked.
   */
  List<Tensor> tensors(LlamaConfig config, Arena arena) {
    Map<String, Tensor> found = new LinkedHashMap<>();
    List<Path> files = weightFiles();
    for (Path file : files) {
      for (Tensor tensor : SafetensorsFile.map(file, arena)) {
        Tensor before = found.put(tensor.name(), tensor);
        if (before != null) {
          throw new ModelLoadException(
              file, tensor.name(), "is in " + before.file().getFileName() + " as well");
        }
      }
    }
    Path named = files.size() == 1 ? files.getFirst() : directory.resolve(INDEX);
    List<Tensor> needed = new ArrayList<>();
    LlamaTensors.shapes(config)
        .forEach((name, shape) -> {
          Tensor tensor = found.get(name);
          if (tensor == null) {
            throw new ModelLoadException(named, name, "is missing");
          }
          if (!tensor.shape().equals(shape)) {
            throw new ModelLoadException(
                tensor.file(),
                name,
                "has shape %s, config.json implies %s".formatted(tensor.shape(), shape));
          }
          needed.add(tensor);
          if (tensor.type() == TensorType.F8_E4M3) {
            needed.add(Fp8Scales.of(tensor, found, named));
          }
        });
    for (Tensor tensor : found.values()) {
      if (tensor.name().endsWith(".bias")) {
        throw new ModelLoadException(tensor.file(), tensor.name(), "biases are not supported");
      }
    }
    return needed;
  }
}
