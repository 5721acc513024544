package dev.baton.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.baton.contracts.KvDtype;
import dev.baton.contracts.KvLayout;
import dev.baton.contracts.SamplingParams;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag(Engines.ANY_BACKEND)
class NativeEngineTest {
  private static final Path MODEL = GoldenModel.named("gqa-tied").directory();

  @TempDir Path folder;

  private EngineConfig config() {
    return Engines.config(MODEL, folder, 1);
  }

  @Test
  void describesTheModelAndItsKvPool() {
    try (Engine engine = NativeEngine.open(config())) {
      assertThat(engine.model().architecture()).isEqualTo("LlamaForCausalLM");
      assertThat(engine.model().vocabularySize()).isEqualTo(512);
      assertThat(engine.model().layers()).isEqualTo(3);
      assertThat(engine.model().maxPositions()).isEqualTo(512);
      assertThat(engine.model().endTokens().toArray()).containsExactly(1);
      assertThat(engine.kvLayout()).isEqualTo(new KvLayout(2, 3, 16, 16, KvDtype.BF16));
      assertThat(engine.kvMemory().blocks()).isEqualTo(Engines.KV_BLOCKS);
    }
  }

  @Test
  void everyCallAfterCloseIsRefused() {
    NativeEngine engine = NativeEngine.open(config());
    engine.close();
    engine.close();
    int[] tokens = {1, 2};
    assertThatIllegalStateException()
        .isThrownBy(() -> Engines.prefill(engine, tokens, 2, new int[] {0}, 2));
    assertThatIllegalStateException().isThrownBy(() -> engine.logits(0));
    assertThatIllegalStateException().isThrownBy(engine::instructionSet);
  }

  @Test
  void twoEnginesDoNotDisturbEachOther() {
    GoldenModel other = GoldenModel.named("odd-sizes");
    GoldenModel.Case a = GoldenModel.named("gqa-tied").cases().get(1);
    GoldenModel.Case b = other.cases().get(1);
    int[] blocks = Engines.blocks(0, 200);
    try (NativeEngine first = NativeEngine.open(config());
        NativeEngine second = NativeEngine.open(Engines.config(other.directory(), folder, 2))) {
      int[] ofA = a.sequence();
      int[] ofB = b.sequence();
      for (int i = 0; i < 20; i++) {
        int tokenA = Engines.prefill(first, ofA, a.prompt().length + i, blocks, 32);
        int tokenB = Engines.prefill(second, ofB, b.prompt().length + i, blocks, 32);
        assertThat(a.gaps()[i] < 0.2 || tokenA == a.greedy()[i]).isTrue();
        assertThat(b.gaps()[i] < 0.2 || tokenB == b.greedy()[i]).isTrue();
      }
      first.close();
      assertThat(Engines.prefill(second, ofB, b.prompt().length, blocks, 7))
          .isEqualTo(b.greedy()[0]);
    }
  }

  @Test
  void slicesThatDoNotSampleReturnNothing() {
    try (NativeEngine engine = NativeEngine.open(config())) {
      int[] tokens = {5, 6, 7, 8};
      var mute = new SequenceSlice(tokens, 0, 2, new int[] {0}, null);
      var sampling = new SequenceSlice(tokens, 0, 3, new int[] {1}, Engines.greedy(3));
      assertThat(engine.step(List.of(mute))).isEmpty();
      assertThat(engine.step(List.of(mute, sampling, mute))).hasSize(1);
    }
  }

  @Test
  void argumentsOutOfRangeAreRefusedBeforeAnythingRuns() {
    int[] tokens = {5, 6, 7, 8};
    int[] one = {3};
    SampleRequest greedy = Engines.greedy(4);
    try (NativeEngine engine = NativeEngine.open(config())) {
      Consumer<SequenceSlice> refused =
          slice ->
              assertThatIllegalArgumentException()
                  .isThrownBy(() -> engine.step(List.of(slice)))
                  .withMessageContaining("slice 0");
      refused.accept(new SequenceSlice(tokens, 0, 5, one, greedy));
      refused.accept(new SequenceSlice(tokens, -1, 2, one, greedy));
      refused.accept(new SequenceSlice(tokens, 0, 0, one, greedy));
      refused.accept(new SequenceSlice(tokens, 2, Integer.MAX_VALUE, one, greedy));
      refused.accept(new SequenceSlice(tokens, 0, 4, new int[] {64}, greedy));
      refused.accept(new SequenceSlice(tokens, 0, 4, new int[] {-1}, greedy));
      refused.accept(new SequenceSlice(tokens, 0, 4, new int[0], greedy));
      refused.accept(new SequenceSlice(new int[] {5, 512, 7, 8}, 0, 4, one, greedy));
      refused.accept(new SequenceSlice(new int[] {5, -1, 7, 8}, 0, 4, one, greedy));
      refused.accept(
          new SequenceSlice(
              new int[] {999, 6, 7, 8},
              1,
              3,
              one,
              new SampleRequest(new SamplingParams(1, 0, 1, 0, 2, 0, 0, 0, 0), 4)));
      refused.accept(
          new SequenceSlice(
              new int[600],
              512,
              1,
              Collections.nCopies(40, 1).stream().mapToInt(i -> i).toArray(),
              greedy));
      assertThatIllegalArgumentException().isThrownBy(() -> engine.step(List.of()));
      var fine = new SequenceSlice(tokens, 0, 4, one, greedy);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.step(Collections.nCopies(Engines.MAX_SEQUENCES + 1, fine)))
          .withMessageContaining("at most 16");
      var long1 = new SequenceSlice(new int[60], 0, 60, Engines.blocks(0, 60), greedy);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.step(List.of(long1, long1)))
          .withMessageContaining("at most 96");
      assertThatIllegalArgumentException().isThrownBy(() -> engine.logits(0));
      assertThat(engine.step(List.of(fine))).hasSize(1);
      assertThatIllegalArgumentException().isThrownBy(() -> engine.logits(1));
    }
  }

  @Test
  void aPoolWithoutBlocksIsRefused() {
    EngineConfig none = new EngineConfig(MODEL, Engines.BACKEND, 1, 0, folder.resolve("p"), 16, 16);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NativeEngine.open(none).close())
        .withMessageContaining("kvBlocks");
  }

  @Test
  void anUnknownBackendNamesTheFileThatIsMissing() {
    assertThatThrownBy(() ->
            NativeEngine.open(new EngineConfig(MODEL, "abacus", 1, 8, folder.resolve("p"), 16, 16))
                .close())
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessageContaining("no libbaton_abacus.so in /");
  }
}
