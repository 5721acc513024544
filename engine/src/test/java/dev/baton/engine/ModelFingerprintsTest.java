package dev.baton.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.KvDtype;
import dev.baton.contracts.ModelFingerprint;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFingerprintsTest {
  @TempDir Path folder;

  private Path copy(String name) {
    return SafetensorsWriter.copy(GoldenModel.named("gqa-tied").directory(), folder.resolve(name));
  }

  private static ModelFingerprint of(Path model) {
    return ModelFingerprints.of(new ModelDirectory(model), "BF16", KvDtype.BF16);
  }

  @Test
  void copiesOfOneModelShareAFingerprint() {
    assertThat(of(copy("a"))).isEqualTo(of(copy("b")));
  }

  @Test
  void aChangeOfConfigHeaderOrWeightsChangesIt() {
    Set<ModelFingerprint> seen = new HashSet<>();
    seen.add(of(copy("same")));
    Path config = copy("config");
    SafetensorsWriter.editText(
        config.resolve("config.json"), text -> text.replace("10000.0", "10001.0"));
    seen.add(of(config));
    Path header = copy("header");
    SafetensorsWriter.editHeader(
        header.resolve("model.safetensors"), text -> text.replace("layers.0.mlp", "layers.9.mlp"));
    seen.add(of(header));
    Path first = copy("last");
    SafetensorsWriter.fill(first.resolve("model.safetensors"), 0, 1, (byte) 0x5a);
    seen.add(of(first));
    Path tuned = copy("tuned");
    SafetensorsWriter.fill(tuned.resolve("model.safetensors"), 0, 200_000, (byte) 0x11);
    seen.add(of(tuned));
    assertThat(seen).hasSize(5);
  }

  @Test
  void weightsOrKvKeptInOtherTypesChangeIt() {
    Path model = copy("kept");
    ModelDirectory directory = new ModelDirectory(model);
    Path fp8 = Fp8Checkpoint.write(folder, Fp8Checkpoint.Scales.ONE).getFirst();
    Set<String> matrices = new HashSet<>();
    Set<ModelFingerprint> seen = new HashSet<>();
    try (Arena arena = Arena.ofConfined()) {
      List<Tensor> wide = directory.tensors(directory.config(), arena);
      ModelDirectory small = new ModelDirectory(fp8);
      List<Tensor> narrow = small.tensors(small.config(), arena);
      for (WeightDtype weights : WeightDtype.values()) {
        for (List<Tensor> tensors : List.of(wide, narrow)) {
          matrices.add(on("cuda", weights).keptMatrices(tensors));
        }
      }
      assertThat(matrices).as("how cuda keeps both checkpoints").hasSize(4);
      assertThat(on("cpu", WeightDtype.BF16).keptMatrices(narrow))
          .as("cpu turns FP8 into BF16")
          .isEqualTo(on("cuda", WeightDtype.BF16).keptMatrices(wide));
    }
    for (String kept : matrices) {
      for (KvDtype kv : List.of(KvDtype.BF16, KvDtype.E4M3)) {
        seen.add(ModelFingerprints.of(directory, kept, kv));
      }
    }
    assertThat(seen).hasSize(8).contains(of(model));
  }

  private EngineConfig on(String backend, WeightDtype weights) {
    return new EngineConfig(
        folder, backend, 1, 1, folder.resolve("pool"), 1, 1, 0, weights, KvDtype.BF16);
  }
}
