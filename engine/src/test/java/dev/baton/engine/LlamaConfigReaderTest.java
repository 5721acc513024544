package dev.baton.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LlamaConfigReaderTest {
  private static final String SHAPE =
      """
      {"architectures": ["LlamaForCausalLM"], "hidden_size": 64, "num_hidden_layers": 2,
       "num_attention_heads": 4, "intermediate_size": 96, "vocab_size": 100,
       "max_position_embeddings": 256, %s}
      """;

  @TempDir Path folder;

  private LlamaConfig read(String more) throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, SHAPE.formatted(more));
    return LlamaConfigReader.read(file);
  }

  @Test
  void ropeParametersOfBothGenerationsMeanTheSame() throws IOException {
    String scaling =
        """
        "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192
        """;
    RotaryEmbedding expected = new RotaryEmbedding.Llama3(500000, 8, 1, 4, 8192);
    assertThat(
            read("\"rope_parameters\": {\"rope_type\": \"llama3\", \"rope_theta\": 500000.0, "
                    + scaling
                    + "}")
                .rotary())
        .isEqualTo(expected);
    assertThat(
            read("\"rope_theta\": 500000.0, \"rope_scaling\": {\"rope_type\": \"llama3\", "
                    + scaling
                    + "}")
                .rotary())
        .isEqualTo(expected);
    assertThat(read("\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}").rotary())
        .isEqualTo(new RotaryEmbedding.Linear(10000, 2));
  }

  @Test
  void whatIsLeftOutHasTheDefaultsOfTheArchitecture() throws IOException {
    LlamaConfig config = read("\"rope_scaling\": null, \"eos_token_id\": [7, 9]");
    assertThat(config.kvHeads()).isEqualTo(4);
    assertThat(config.headDim()).isEqualTo(16);
    assertThat(config.tiedEmbeddings()).isFalse();
    assertThat(config.rotary()).isEqualTo(new RotaryEmbedding.Plain(10000));
    assertThat(config.endTokens()).containsExactly(7, 9);
  }

  /** Long wavelengths are divided by the factor, short ones kept, in between something between. */
  @Test
  void llama3ScalingBendsOnlyLongWavelengths() {
    RotaryEmbedding scaled = new RotaryEmbedding.Llama3(500000, 8, 1, 4, 8192);
    float[] plain = new RotaryEmbedding.Plain(500000).inverseFrequencies(128);
    float[] bent = scaled.inverseFrequencies(128);
    assertThat(bent[0]).isEqualTo(plain[0]);
    assertThat(bent[63]).isCloseTo(plain[63] / 8, within(1e-12f));
    for (int i = 0; i < plain.length; i++) {
      assertThat(bent[i]).isBetween(plain[i] / 8 * 0.999f, plain[i]);
    }
  }
}
