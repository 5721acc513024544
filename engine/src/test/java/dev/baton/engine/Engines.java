package dev.baton.engine;

import dev.baton.contracts.SamplingParams;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Opens engines for tests and runs single sequences through them. */
final class Engines {
  static final int KV_BLOCKS = 64;
  static final int MAX_TOKENS = 96;
  static final int MAX_SEQUENCES = 16;

  private Engines() {}

  static EngineConfig config(Path model, Path folder, int threads) {
    Path pool = folder.resolve("pool-" + java.util.UUID.randomUUID());
    return new EngineConfig(model, "cpu", threads, KV_BLOCKS, pool, MAX_TOKENS, MAX_SEQUENCES);
  }

  /** Instruction sets of this machine, best first. */
  static List<String> instructionSets(Path folder) {
    Path model = GoldenModel.named("gqa-tied").directory();
    return Stream.of("avx512_bf16", "avx512", "avx2", "scalar")
        .filter(isa -> {
          try (NativeEngine engine = NativeEngine.open(config(model, folder, 1), isa)) {
            return engine.instructionSet().equals(isa);
          } catch (EngineUnavailableException notHere) {
            return false;
          }
        })
        .toList();
  }

  /** Block ids {@code first, first + 1, ...} for a number of tokens. */
  static int[] blocks(int first, int tokens) {
    return IntStream.range(first, first + Math.ceilDiv(tokens, NativeEngine.BLOCK_TOKENS))
        .toArray();
  }

  static SampleRequest greedy(int promptLength) {
    return new SampleRequest(SamplingParams.greedy(), promptLength);
  }

  /** Computes positions before {@code end}, in chunks, and samples greedily after the last. */
  static int prefill(NativeEngine engine, int[] tokens, int end, int[] blocks, int chunk) {
    int token = -1;
    for (int start = 0; start < end; start += chunk) {
      int count = Math.min(chunk, end - start);
      SampleRequest sample = start + count == end ? greedy(end) : null;
      var sampled = engine.step(List.of(new SequenceSlice(tokens, start, count, blocks, sample)));
      token = sampled.isEmpty() ? token : sampled.getFirst().tokenId();
    }
    return token;
  }

  /** Computes position {@code end - 1} and samples greedily after it. */
  static int decode(NativeEngine engine, int[] tokens, int end, int[] blocks) {
    return engine
        .step(List.of(new SequenceSlice(tokens, end - 1, 1, blocks, greedy(end))))
        .getFirst()
        .tokenId();
  }
}
