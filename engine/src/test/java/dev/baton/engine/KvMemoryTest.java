package dev.baton.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An engine's KV pool as transports use it, wherever the backend keeps it. */
@Tag(Engines.ANY_BACKEND)
class KvMemoryTest {
  private static final GoldenModel MODEL = GoldenModel.named("llama3-rope");
  private static final int[] BLOCKS = {7, 0, Engines.KV_BLOCKS - 1, 8};

  @TempDir Path folder;

  private NativeEngine open() {
    return NativeEngine.open(Engines.config(MODEL.directory(), folder, 1));
  }

  @Test
  void blocksComeBackAsTheyWereWritten() {
    Random random = new Random();
    try (NativeEngine engine = open();
        Arena arena = Arena.ofConfined()) {
      long bytes = engine.kvLayout().blockBytes() * BLOCKS.length;
      for (MemorySegment host :
          new MemorySegment[] {arena.allocate(bytes), pinned(engine, arena)}) {
        byte[] written = new byte[(int) bytes];
        random.nextBytes(written);
        host.copyFrom(MemorySegment.ofArray(written));
        Engines.writeBlocks(engine, BLOCKS, host);
        host.fill((byte) 0);
        Engines.readBlocks(engine, BLOCKS, host);
        assertThat(host.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(written);
        assertDigests(engine, written);
      }
    }
  }

  private static MemorySegment pinned(NativeEngine engine, Arena arena) {
    long bytes = engine.kvLayout().blockBytes() * BLOCKS.length;
    return switch (engine.kvMemory()) {
      case KvMemory.Host _ -> arena.allocate(bytes);
      case KvMemory.Device device -> device.pinned(bytes, arena);
    };
  }

  private static void assertDigests(NativeEngine engine, byte[] written) {
    if (engine.kvMemory() instanceof KvMemory.Device device) {
      int size = written.length / BLOCKS.length;
      int[] digests = device.digests(BLOCKS);
      for (int i = 0; i < BLOCKS.length; i++) {
        CRC32C expected = new CRC32C();
        expected.update(written, i * size, size);
        assertThat(digests[i])
            .as("digest of block %d", BLOCKS[i])
            .isEqualTo((int) expected.getValue());
      }
    }
  }

  @Test
  void othersReachItAsItsKindSays() {
    try (NativeEngine engine = open()) {
      switch (engine.kvMemory()) {
        case KvMemory.Host host ->
            assertThat(host.segment().byteSize())
                .isEqualTo(engine.kvLayout().blockBytes() * Engines.KV_BLOCKS);
        case KvMemory.Device device -> {
          byte[] handle = device.export();
          assertThatIllegalArgumentException()
              .isThrownBy(() -> device.attach(handle))
              .withMessageContaining("this very process");
        }
      }
    }
  }

  @Test
  void noBlockIsReachedThroughAClosedEngine() {
    NativeEngine engine = open();
    KvMemory memory = engine.kvMemory();
    engine.close();
    switch (memory) {
      case KvMemory.Host host ->
          assertThatIllegalStateException()
              .isThrownBy(() -> host.segment().get(ValueLayout.JAVA_BYTE, 0));
      case KvMemory.Device device ->
          assertThatIllegalStateException().isThrownBy(() -> device.digests(BLOCKS));
    }
  }

  @Test
  void copiedToOtherBlocksOfAnotherEngineItContinuesTheSequence() {
    GoldenModel.Case golden = MODEL.cases().get(2); // no token is a close call
    int[] sequence = golden.sequence();
    int prompt = golden.prompt().length;
    try (NativeEngine prefill = open();
        NativeEngine decode = open();
        Arena arena = Arena.ofConfined()) {
      int[] from = Engines.blocks(0, prompt + 64);
      int[] to = Engines.blocks(20, prompt + 64);
      Engines.prefill(prefill, sequence, prompt, from, 64);
      MemorySegment travelling = arena.allocate(prefill.kvLayout().blockBytes() * from.length);
      Engines.readBlocks(prefill, from, travelling);
      Engines.writeBlocks(decode, to, travelling);
      int expected = Engines.decode(prefill, sequence, prompt + 1, from);
      assertThat(Engines.decode(decode, sequence, prompt + 1, to)).isEqualTo(expected);
      Engines.assertSameLogits(decode.logits(0), prefill.logits(0), "after the copy");
    }
  }
}
