package dev.baton.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.SamplingParams;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Opens engines for tests and runs single sequences through them. Tests with the tag {@link
 * #ANY_BACKEND} run on the one that the system property {@code baton.test.backend} names, {@code
 * cpu} unless it is set.
 */
final class Engines {
  static final String ANY_BACKEND = "any-backend";
  static final String BACKEND = System.getProperty("baton.test.backend", "cpu");
  static final int KV_BLOCKS = 64;
  static final int MAX_TOKENS = 96;
  static final int MAX_SEQUENCES = 16;

  private Engines() {}

  static EngineConfig config(Path model, Path folder, int threads) {
    Path pool = folder.resolve("pool-" + java.util.UUID.randomUUID());
    return new EngineConfig(model, BACKEND, threads, KV_BLOCKS, pool, MAX_TOKENS, MAX_SEQUENCES);
  }

  /** Instruction sets of this machine, best first; what a device has is not chosen. */
  static List<String> instructionSets(Path folder) {
    Path model = GoldenModel.named("gqa-tied").directory();
    if (!BACKEND.equals("cpu")) {
      try (NativeEngine engine = NativeEngine.open(config(model, folder, 1))) {
        return List.of(engine.instructionSet());
      }
    }
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

  /** Copies blocks of an engine's pool to {@code host}, one after the other. */
  static void readBlocks(NativeEngine engine, int[] blocks, MemorySegment host) {
    switch (engine.kvMemory()) {
      case KvMemory.Host pool -> {
        long bytes = engine.kvLayout().blockBytes();
        for (int i = 0; i < blocks.length; i++) {
          MemorySegment.copy(pool.segment(), blocks[i] * bytes, host, i * bytes, bytes);
        }
      }
      case KvMemory.Device device -> device.read(blocks, host);
    }
  }

  /** The reverse of {@link #readBlocks}. */
  static void writeBlocks(NativeEngine engine, int[] blocks, MemorySegment host) {
    switch (engine.kvMemory()) {
      case KvMemory.Host pool -> {
        long bytes = engine.kvLayout().blockBytes();
        for (int i = 0; i < blocks.length; i++) {
          MemorySegment.copy(host, i * bytes, pool.segment(), blocks[i] * bytes, bytes);
        }
      }
      case KvMemory.Device device -> device.write(blocks, host);
    }
  }

  /**
   * Logits of the same position, computed in two ways: the same bits on a CPU. On a device the two
   * differ by up to 1.8e-2 where everything between the products is bf16, as {@code
   * golden/bf16_error.py} finds: sums have another order, and other kernels round in other places.
   */
  static void assertSameLogits(float[] actual, float[] expected, String which) {
    if (BACKEND.equals("cpu")) {
      assertThat(actual).as(which).isEqualTo(expected);
    } else {
      assertThat(relativeError(actual, expected)).as(which).isLessThan(3e-2);
    }
  }

  /** |a - b| / |b| */
  static double relativeError(float[] a, float[] b) {
    double error = 0;
    double norm = 0;
    for (int i = 0; i < b.length; i++) {
      double difference = (double) a[i] - b[i];
      error += difference * difference;
      norm += (double) b[i] * b[i];
    }
    return Math.sqrt(error / norm);
  }
}
