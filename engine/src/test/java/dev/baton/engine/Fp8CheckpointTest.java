package dev.baton.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Checkpoints in FP8: what they stand for is what is computed, and defects are named. */
class Fp8CheckpointTest {
  private static final String K = "model.layers.1.self_attn.k_proj.weight";

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(Fp8Checkpoint.Scales.class)
  void anFp8CheckpointAnswersAsItsBf16TwinDoes(Fp8Checkpoint.Scales scales) {
    List<Path> models = Fp8Checkpoint.write(folder, scales);
    for (String isa : Engines.instructionSets(folder)) {
      assertThat(logits(models.getFirst(), isa))
          .usingRecursiveComparison()
          .isEqualTo(logits(models.getLast(), isa));
    }
  }

  /** Logits after a prompt in chunks and some greedy tokens. */
  private List<float[]> logits(Path model, String isa) {
    int[] tokens = new int[24];
    for (int i = 0; i < 20; i++) {
      tokens[i] = 2 + 37 * i % 500;
    }
    int[] blocks = Engines.blocks(0, tokens.length);
    List<float[]> logits = new ArrayList<>();
    try (NativeEngine engine = NativeEngine.open(Engines.config(model, folder, 1), isa)) {
      tokens[20] = Engines.prefill(engine, tokens, 20, blocks, 16);
      logits.add(engine.logits(0));
      for (int end = 21; end < tokens.length; end++) {
        tokens[end] = Engines.decode(engine, tokens, end, blocks);
        logits.add(engine.logits(0));
      }
    }
    return logits;
  }

  private void assertFails(Path model, String file, String... parts) {
    assertThatThrownBy(() -> NativeEngine.open(Engines.config(model, folder, 1)).close())
        .isInstanceOf(ModelLoadException.class)
        .hasMessageStartingWith(model.resolve(file) + ": ")
        .hasMessageContainingAll(parts);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "_scale\" | _other\" | is missing, and " + K + " is in F8_E4M3",
        "_scale\" | _scale_inv\" | only scales of blocks are there",
        "_scale\":{\"dtype\":\"F32\",\"shape\":[32] | _scale\":{\"dtype\":\"F32\",\"shape\":[16,2]"
            + " | has shape [16, 2], expected one scale or one for each of 32 outputs",
        "_scale\":{\"dtype\":\"F32\",\"shape\":[32] | _scale\":{\"dtype\":\"BF16\",\"shape\":[64]"
            + " | has shape [64], expected one scale or one for each of 32 outputs",
      })
  void scalesThatAreMissingOrMisshapen(String before, String after, String named) {
    Path model = Fp8Checkpoint.write(folder, Fp8Checkpoint.Scales.VECTOR).getFirst();
    SafetensorsWriter.editHeader(
        model.resolve("model.safetensors"), header -> header.replace(K + before, K + after));
    assertFails(model, "model.safetensors", "tensor " + K + "_scale", named);
  }

  @Test
  void aVectorInFp8() {
    Path model = Fp8Checkpoint.write(folder, Fp8Checkpoint.Scales.ONE).getFirst();
    Path weights = model.resolve("model.safetensors");
    List<SafetensorsWriter.Entry> entries = SafetensorsWriter.read(weights);
    entries.replaceAll(entry ->
        entry.name().equals("model.norm.weight")
            ? new SafetensorsWriter.Entry(entry.name(), "F8_E4M3", entry.shape(), new byte[64])
            : entry);
    SafetensorsWriter.write(weights, entries);
    assertFails(model, "model.safetensors", "tensor model.norm.weight", "is a vector in F8_E4M3");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"compressed-tensors\" | \"gptq\" | method gptq is not supported",
        "\"compressed-tensors\" | \"fp8\", \"weight_block_size\": [128, 128] | scales for blocks",
        "\"num_bits\": 8, \"type\": \"float\" | \"num_bits\": 4, \"type\": \"int\""
            + " | group_0: weights of 4 bits, type int, strategy channel is not supported",
        "\"strategy\": \"channel\" | \"strategy\": \"block\" | strategy block is not supported",
        "\"config_groups\" | \"no_groups\" | no config_groups",
      })
  void quantisationThatIsNotSupported(String before, String after, String named) {
    Path model = Fp8Checkpoint.write(folder, Fp8Checkpoint.Scales.VECTOR).getFirst();
    SafetensorsWriter.editText(model.resolve("config.json"), text -> text.replace(before, after));
    assertFails(model, "config.json", "quantization_config", named);
  }

  @ParameterizedTest
  @CsvSource({"fp8", "fbgemm_fp8"})
  void otherWritersOfFp8AreRead(String method) {
    Path model = Fp8Checkpoint.write(folder, Fp8Checkpoint.Scales.COLUMN).getFirst();
    SafetensorsWriter.editText(
        model.resolve("config.json"), text -> text.replace("compressed-tensors", method));
    try (NativeEngine engine = NativeEngine.open(Engines.config(model, folder, 1))) {
      assertThat(engine.model().layers()).isEqualTo(3);
    }
  }
}
