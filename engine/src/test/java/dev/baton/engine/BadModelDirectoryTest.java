package dev.baton.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each defect of a model directory is named with its file and tensor, and nothing crashes. */
class BadModelDirectoryTest {
  private static final String Q = "model.layers.1.self_attn.q_proj.weight";

  @TempDir Path folder;
  private Path model;
  private Path weights;
  private Path config;

  @BeforeEach
  void copyOfAGoodModel() {
    model = SafetensorsWriter.copy(GoldenModel.named("gqa-tied").directory(), folder.resolve("m"));
    weights = model.resolve("model.safetensors");
    config = model.resolve("config.json");
  }

  private void assertFails(Path file, String... parts) throws IOException {
    assertThatThrownBy(() -> NativeEngine.open(Engines.config(model, folder, 1)).close())
        .isInstanceOf(ModelLoadException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContainingAll(parts);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).as("no KV pool is left behind").containsExactly(model);
    }
  }

  @Test
  void missingDirectory() throws IOException {
    Path here = model;
    model = folder.resolve("nowhere");
    assertThatThrownBy(() -> NativeEngine.open(Engines.config(model, folder, 1)).close())
        .isInstanceOf(ModelLoadException.class)
        .hasMessage(model + ": no such directory");
    assertThat(here).exists();
  }

  @Test
  void missingConfig() throws IOException {
    Files.delete(config);
    assertFails(config, "no such file");
  }

  @Test
  void configThatIsNotJson() throws IOException {
    Files.writeString(config, "{\"architectures\": [");
    assertFails(config, "not valid JSON");
  }

  @Test
  void unknownArchitecture() throws IOException {
    SafetensorsWriter.editText(
        config, text -> text.replace("LlamaForCausalLM", "MambaForCausalLM"));
    assertFails(config, "MambaForCausalLM", "not supported");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"attention_bias\": false | \"attention_bias\": true | attention_bias",
        "\"mlp_bias\": false | \"mlp_bias\": true | mlp_bias",
        "\"hidden_act\": \"silu\" | \"hidden_act\": \"gelu\" | gelu",
        "\"rope_type\": \"default\" | \"rope_type\": \"yarn\" | yarn",
        "\"rope_type\": \"default\" | \"rope_type\": \"llama3\" | factor",
        "\"hidden_size\": 64 | \"hidden_size\": -64 | hidden_size",
        "\"hidden_size\": 64 | \"hidden_size\": \"64\" | hidden_size",
        "\"hidden_size\": 64 | \"hidden_size\": 6400000000 | hidden_size",
        "\"num_key_value_heads\": 2 | \"num_key_value_heads\": 3 | num_key_value_heads",
        "\"head_dim\": 16 | \"head_dim\": 15 | head_dim",
        "\"rms_norm_eps\": 1e-05 | \"rms_norm_eps\": -1 | rms_norm_eps",
      })
  void unsupportedConfiguration(String before, String after, String named) throws IOException {
    SafetensorsWriter.editText(config, text -> text.replace(before, after));
    assertFails(config, named);
  }

  @Test
  void missingWeights() throws IOException {
    Files.delete(weights);
    assertFails(weights, "no such file");
  }

  @Test
  void missingTensor() throws IOException {
    SafetensorsWriter.editHeader(weights, header -> header.replace(Q, "some.other.name"));
    assertFails(weights, "tensor " + Q, "is missing");
  }

  @Test
  void wrongShape() throws IOException {
    SafetensorsWriter.editText(
        config, text -> text.replace("\"intermediate_size\": 160", "\"intermediate_size\": 161"));
    assertFails(weights, "tensor model.layers.0.mlp.gate_proj.weight", "[160, 64]", "[161, 64]");
  }

  @Test
  void shapeThatDoesNotFitItsBytes() throws IOException {
    SafetensorsWriter.editHeader(weights, header -> header.replace("[160,64]", "[160,65]"));
    assertFails(weights, "tensor model.layers.", "[160, 65]", "bytes");
  }

  @Test
  void shapeWhoseSizeOverflows() throws IOException {
    SafetensorsWriter.editHeader(
        weights, header -> header.replace("[160,64]", "[4611686018427387904,64]"));
    assertFails(weights, "tensor model.layers.", "too large");
  }

  @Test
  void truncatedData() throws IOException {
    SafetensorsWriter.truncate(weights, Files.size(weights) - 1000);
    assertFails(weights, "tensor ", "truncated");
  }

  @Test
  void truncatedHeader() throws IOException {
    SafetensorsWriter.truncate(weights, 100);
    assertFails(weights, "truncated");
  }

  @Test
  void emptyFile() throws IOException {
    SafetensorsWriter.truncate(weights, 0);
    assertFails(weights, "truncated");
  }

  @Test
  void headerLengthBeyondReason() throws IOException {
    Files.write(weights, new byte[] {-1, -1, -1, -1, -1, -1, -1, 127, 0, 0});
    assertFails(weights, "not plausible");
  }

  @Test
  void headerThatIsNotJson() throws IOException {
    SafetensorsWriter.editHeader(weights, header -> "x".repeat(header.length()));
    assertFails(weights, "header is not valid JSON");
  }

  @Test
  void unsupportedType() throws IOException {
    SafetensorsWriter.editHeader(weights, header -> header.replace("\"BF16\"", "\"I8\""));
    assertFails(weights, "dtype \"I8\" is not one of [BF16, F16, F32, F8_E4M3]");
  }

  @Test
  void offsetsThatOverlap() throws IOException {
    SafetensorsWriter.editHeader(
        weights,
        header -> {
          var norm = "\"model.norm.weight\":{\"dtype\":\"BF16\",\"shape\":[64],\"data_offsets\":[";
          int at = header.indexOf(norm) + norm.length();
          return header.substring(0, at) + "64,192" + header.substring(header.indexOf(']', at));
        });
    assertFails(weights, "overlaps tensor");
  }

  @Test
  void offsetsBeyondTheFile() throws IOException {
    SafetensorsWriter.editHeader(
        weights,
        header -> {
          var norm = "\"model.norm.weight\":{\"dtype\":\"BF16\",\"shape\":[64],\"data_offsets\":[";
          int at = header.indexOf(norm) + norm.length();
          return header.substring(0, at)
              + "9000000000,9000000128"
              + header.substring(header.indexOf(']', at));
        });
    assertFails(weights, "tensor model.norm.weight", "9000000128");
  }

  @Test
  void biasThatTheConfigurationDoesNotMention() throws IOException {
    SafetensorsWriter.editHeader(
        weights,
        header ->
            header.replaceFirst(
                "\\{\"",
                "{\"model.layers.0.self_attn.q_proj.bias\":{\"dtype\":\"BF16\",\"shape\":[0],"
                    + "\"data_offsets\":[0,0]},\""));
    assertFails(weights, "q_proj.bias", "not supported");
  }

  @Test
  void missingShard() throws IOException {
    model =
        SafetensorsWriter.copy(
            GoldenModel.named("wide-heads-sharded-f16").directory(), folder.resolve("sharded"));
    Path shard = model.resolve("model-00002-of-00004.safetensors");
    Files.delete(shard);
    assertThatThrownBy(() -> NativeEngine.open(Engines.config(model, folder, 1)).close())
        .isInstanceOf(ModelLoadException.class)
        .hasMessage(shard + ": no such file");
  }

  @Test
  void indexThatLeavesTheDirectory() throws IOException {
    model =
        SafetensorsWriter.copy(
            GoldenModel.named("wide-heads-sharded-f16").directory(), folder.resolve("sharded"));
    Path index = model.resolve("model.safetensors.index.json");
    SafetensorsWriter.editText(
        index, text -> text.replace("model-00002-of-00004.safetensors", "../m/model.safetensors"));
    assertThatThrownBy(() -> NativeEngine.open(Engines.config(model, folder, 1)).close())
        .isInstanceOf(ModelLoadException.class)
        .hasMessageStartingWith(index + ": ")
        .hasMessageContaining("leaves the directory");
  }

  @Test
  void weightsThatAreNotNumbersFailTheStepAndNotTheProcess() {
    SafetensorsWriter.fill(weights, 0, 64, (byte) 0xff);
    try (NativeEngine engine = NativeEngine.open(Engines.config(model, folder, 1))) {
      int[] tokens = {1, 2, 3};
      assertThatThrownBy(() -> Engines.prefill(engine, tokens, 3, new int[] {0}, 3))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("slice 0")
          .hasMessageContaining("not finite");
    }
  }
}
