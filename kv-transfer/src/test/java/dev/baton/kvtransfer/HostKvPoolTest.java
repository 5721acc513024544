package dev.baton.kvtransfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HostKvPoolTest {
  @TempDir Path folder;

  @Test
  void aDigestIsCrc32C() {
    // The check value that RFC 3720 and every CRC catalogue give.
    MemorySegment digits = MemorySegment.ofArray("123456789".getBytes(StandardCharsets.US_ASCII));

    assertThat(BlockDigest.of(digits)).isEqualTo(0xe3069283);
  }

  @Test
  void blocksLieOneBehindTheOtherInFileAndMemory() throws Exception {
    Path file = folder.resolve("pool.kv");
    try (Arena arena = Arena.ofShared()) {
      HostKvPool pool = HostKvPool.create(file, 1000, 3, arena);
      pool.block(2).fill((byte) 7);

      assertThat(Files.size(file)).isEqualTo(3000);
      byte[] bytes = Files.readAllBytes(file);
      assertThat(bytes[1999]).isZero();
      assertThat(bytes[2000]).isEqualTo((byte) 7);
      assertThatThrownBy(() -> pool.block(3)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void aPoolMadeAnewDoesNotTouchTheFileThatReadersStillMap() throws Exception {
    Path file = folder.resolve("pool.kv");
    try (Arena arena = Arena.ofShared()) {
      HostKvPool old = HostKvPool.create(file, 1000, 3, arena);
      old.block(0).fill((byte) 7);

      HostKvPool fresh = HostKvPool.create(file, 10, 1, arena);
      fresh.block(0).fill((byte) 1);

      assertThat(old.block(0).get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 7);
    }
  }
}
