package dev.baton.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.baton.contracts.KvDtype;
import dev.baton.contracts.KvLayout;
import dev.baton.contracts.SamplingParams;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeEngineTest {
  private static final Path MODEL = GoldenModel.named("gqa-tied").directory();

  @TempDir Path folder;

  private EngineConfig config() {
    return Engines.config(MODEL, folder, 1);
  }

  @Test
  void describesTheModelAndItsKvPool() throws Exception {
    EngineConfig config = config();
    try (Engine engine = NativeEngine.open(config)) {
      assertThat(engine.model().architecture()).isEqualTo("LlamaForCausalLM");
      assertThat(engine.model().vocabularySize()).isEqualTo(512);
      assertThat(engine.model().layers()).isEqualTo(3);
      assertThat(engine.model().maxPositions()).isEqualTo(512);
      assertThat(engine.model().endTokens().toArray()).containsExactly(1);
      assertThat(engine.kvLayout()).isEqualTo(new KvLayout(2, 3, 16, 16, KvDtype.BF16));
      assertThat(engine.kvMemory())
          .isInstanceOfSatisfying(
              KvMemory.Host.class,
              host -> {
                assertThat(host.file()).isEqualTo(config.kvPoolFile());
                assertThat(host.blocks()).isEqualTo(Engines.KV_BLOCKS);
                assertThat(host.segment().byteSize())
                    .isEqualTo(engine.kvLayout().blockBytes() * Engines.KV_BLOCKS);
              });
      assertThat(Files.size(config.kvPoolFile()))
          .isEqualTo(engine.kvLayout().blockBytes() * Engines.KV_BLOCKS);
    }
    assertThat(config.kvPoolFile()).doesNotExist();
  }

  @Test
  void everyCallAfterCloseIsRefused() {
    NativeEngine engine = NativeEngine.open(config());
    MemorySegment pool = ((KvMemory.Host) engine.kvMemory()).segment();
    engine.close();
    engine.close();
    int[] tokens = {1, 2};
    assertThatIllegalStateException()
        .isThrownBy(() -> Engines.prefill(engine, tokens, 2, new int[] {0}, 2));
    assertThatIllegalStateException().isThrownBy(() -> engine.logits(0));
    assertThatIllegalStateException().isThrownBy(engine::instructionSet);
    assertThatIllegalStateException().isThrownBy(() -> pool.get(ValueLayout.JAVA_BYTE, 0));
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
  void kvCopiedToOtherBlocksContinuesTheSequence() {
    GoldenModel.Case golden = GoldenModel.named("gqa-tied").cases().get(2);
    int[] sequence = golden.sequence();
    int prompt = golden.prompt().length;
    try (NativeEngine prefill = NativeEngine.open(config());
        NativeEngine decode = NativeEngine.open(config())) {
      int[] from = Engines.blocks(0, prompt + 64);
      int[] to = Engines.blocks(20, prompt + 64);
      Engines.prefill(prefill, sequence, prompt, from, 64);
      int expected = Engines.decode(prefill, sequence, prompt + 1, from);
      float[] logits = prefill.logits(0);
      long bytes = prefill.kvLayout().blockBytes();
      for (int i = 0; i < prefill.kvLayout().blocksFor(prompt); i++) {
        MemorySegment.copy(
            ((KvMemory.Host) prefill.kvMemory()).segment(),
            from[i] * bytes,
            ((KvMemory.Host) decode.kvMemory()).segment(),
            to[i] * bytes,
            bytes);
      }
      assertThat(Engines.decode(decode, sequence, prompt + 1, to)).isEqualTo(expected);
      assertThat(decode.logits(0)).isEqualTo(logits);
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
  void limitsOutOfRangeAreRefusedAtOpening() {
    EngineConfig good = config();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NativeEngine.open(Engines.config(MODEL, folder, 0)).close())
        .withMessageContaining("threads");
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            NativeEngine.open(new EngineConfig(MODEL, "cpu", 1, 0, good.kvPoolFile(), 16, 16))
                .close())
        .withMessageContaining("kvBlocks");
  }

  @Test
  void aPoolThatCannotBeMadeNamesItsFile() {
    Path file = folder.resolve("file");
    Path pool = file.resolve("pool");
    assertThatThrownBy(
            () -> {
              Files.writeString(file, "in the way");
              NativeEngine.open(new EngineConfig(MODEL, "cpu", 1, 8, pool, 16, 16)).close();
            })
        .isInstanceOf(EngineException.class)
        .hasMessageContaining(pool.toString());
  }

  @Test
  void typesThatTheBackendDoesNotKeepAreRefused() {
    EngineConfig good = config();
    for (EngineConfig bad :
        List.of(
            good.on(0, WeightDtype.E4M3, KvDtype.BF16),
            good.on(0, WeightDtype.BF16, KvDtype.E4M3),
            good.on(0, WeightDtype.BF16, KvDtype.F32))) {
      assertThatThrownBy(() -> NativeEngine.open(bad).close())
          .isInstanceOf(EngineUnavailableException.class)
          .hasMessageContaining("BF16 on a CPU");
    }
    assertThat(good.kvPoolFile()).doesNotExist();
  }

  @Test
  void anUnknownBackendNamesTheFileThatIsMissing() {
    assertThatThrownBy(() ->
            NativeEngine.open(new EngineConfig(MODEL, "abacus", 1, 8, folder.resolve("p"), 16, 16))
                .close())
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessageContaining("no libbaton_abacus.so in /");
  }

  @Test
  void anInstructionSetThatDoesNotExistIsRefused() {
    assertThatThrownBy(() -> NativeEngine.open(config(), "mmx").close())
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessageContaining("mmx");
    try (var files = Files.list(folder)) {
      assertThat(files).as("no KV pool is left behind").isEmpty();
    } catch (java.io.IOException failed) {
      throw new java.io.UncheckedIOException(failed);
    }
  }

  @Test
  void aStalePoolFileIsReplaced() throws Exception {
    EngineConfig config = config();
    Files.writeString(config.kvPoolFile(), "left by a process that was killed");
    try (NativeEngine engine = NativeEngine.open(config)) {
      assertThat(Files.size(config.kvPoolFile()))
          .isEqualTo(engine.kvLayout().blockBytes() * Engines.KV_BLOCKS);
    }
  }
}
