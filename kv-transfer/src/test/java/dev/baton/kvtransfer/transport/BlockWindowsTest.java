package dev.baton.kvtransfer.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.baton.kvtransfer.BlockDigest;
import dev.baton.kvtransfer.FileDeviceMemory;
import dev.baton.kvtransfer.HostKvPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Blocks of either kind of memory, seen from sockets. */
final class BlockWindowsTest {
  @TempDir Path folder;
  private final Arena arena = Arena.ofShared();
  private HostKvPool pool;
  private FileDeviceMemory device;

  @BeforeEach
  void create() throws Exception {
    pool = HostKvPool.create(folder.resolve("pool"), 1024, 3, arena);
    device = new FileDeviceMemory(pool);
  }

  @AfterEach
  void close() {
    arena.close();
  }

  @Test
  void aHostPoolIsItsOwnWindow() {
    try (BlockWindows windows = new BlockWindows(pool);
        BlockWindow window = windows.open()) {
      assertThat(window.load(1).address()).isEqualTo(pool.block(1).address());
      window.room(2).fill((byte) 5);
      assertThat(window.store(2)).isEqualTo(BlockDigest.of(pool.block(2)));
    }
  }

  @Test
  void aDeviceSeesWhatWasStoredAndNothingBeforeThat() {
    try (BlockWindows windows = new BlockWindows(device.asPool());
        BlockWindow window = windows.open()) {
      MemorySegment room = window.room(1).fill((byte) 5);
      assertThat(pool.block(1).get(ValueLayout.JAVA_BYTE, 0)).isZero();
      assertThat(window.store(1)).isEqualTo(BlockDigest.of(room));
      assertThat(pool.block(1).mismatch(room)).isEqualTo(-1);

      pool.block(2).fill((byte) 6);
      assertThat(window.load(2).get(ValueLayout.JAVA_BYTE, 1023)).isEqualTo((byte) 6);
    }
  }

  @Test
  void pinnedMemoryIsUsedAgainAndFreedAtTheEnd() {
    List<MemorySegment> used = new ArrayList<>();
    BlockWindows windows = new BlockWindows(device.asPool());
    for (int i = 0; i < 5; i++) {
      try (BlockWindow one = windows.open();
          BlockWindow other = windows.open()) {
        used.add(one.room(0));
        used.add(other.room(0));
        assertThat(one.room(0).address()).isNotEqualTo(other.room(0).address());
      }
    }
    assertThat(device.pinned()).isEqualTo(2);

    BlockWindow late = windows.open();
    windows.close();
    MemorySegment lateRoom = late.room(0);
    assertThat(lateRoom.fill((byte) 1).byteSize()).isEqualTo(1024);
    late.close();
    used.add(lateRoom);
    assertThat(used)
        .allSatisfy(
            segment -> assertThatIllegalStateException().isThrownBy(() -> segment.fill((byte) 0)));
  }
}
