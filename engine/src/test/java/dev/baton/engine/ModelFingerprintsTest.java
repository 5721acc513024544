package dev.baton.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.ModelFingerprint;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFingerprintsTest {
  @TempDir Path folder;

  private Path copy(String name) {
    return SafetensorsWriter.copy(GoldenModel.named("gqa-tied").directory(), folder.resolve(name));
  }

  private static ModelFingerprint of(Path model) {
    return ModelFingerprints.of(new ModelDirectory(model));
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
}
