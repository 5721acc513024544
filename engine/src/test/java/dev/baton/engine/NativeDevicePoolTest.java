package dev.baton.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The way to a device's pool, over a backend that has none and says so. */
class NativeDevicePoolTest {
  private static final long BLOCK = 4096;

  private final AtomicBoolean freed = new AtomicBoolean();
  private final NativeHandle handle =
      new NativeHandle(NativeLibraries.backend("cpu"), 0, () -> freed.set(true));
  private final KvMemory.Device pool = new NativeDevicePool(handle, 4, BLOCK);

  @Test
  void everyCallReachesTheBackendAndItsReasonComesBack() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = pool.pinned(2 * BLOCK, arena);
      int[] blocks = {1, 2};
      KvMemory.Peer peer = new NativePeer(handle, 0);
      for (ThrowingCallable call :
          List.<ThrowingCallable>of(
              pool::export,
              () -> pool.digests(blocks),
              () -> pool.read(blocks, host),
              () -> pool.write(blocks, host),
              () -> pool.attach(new byte[NativeLayouts.KV_HANDLE_BYTES]),
              () -> peer.pull(blocks, blocks))) {
        assertThatExceptionOfType(EngineUnavailableException.class)
            .isThrownBy(call)
            .withMessageContaining("caller's memory");
      }
    }
    handle.close();
  }

  @Test
  void pinnedMemoryIsUsableUntilItsArenaCloses() {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = pool.pinned(3 * BLOCK, arena);
      handle.close();
      assertThat(memory.byteSize()).isEqualTo(3 * BLOCK);
      assertThat(memory.fill((byte) 7).asByteBuffer().get(100)).isEqualTo((byte) 7);
    }
    assertThatIllegalStateException().isThrownBy(() -> pool.pinned(BLOCK, Arena.ofAuto()));
  }

  @Test
  void argumentsThatCouldHarmAreRefused() {
    try (Arena arena = Arena.ofConfined()) {
      int[] blocks = {0, 1};
      MemorySegment small = arena.allocate(2 * BLOCK - 1);
      MemorySegment enough = arena.allocate(2 * BLOCK);
      assertThatIllegalArgumentException().isThrownBy(() -> pool.read(blocks, small));
      assertThatIllegalArgumentException().isThrownBy(() -> pool.write(blocks, small));
      assertThatIllegalArgumentException().isThrownBy(() -> pool.read(blocks, enough.asReadOnly()));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> pool.read(blocks, MemorySegment.ofArray(new byte[2 << 13])));
      assertThatIllegalArgumentException().isThrownBy(() -> pool.attach(new byte[3]));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new NativePeer(handle, 0).pull(blocks, new int[1]));
    }
    handle.close();
  }

  @Test
  void everyCallAfterCloseIsRefused() {
    KvMemory.Peer peer = new NativePeer(handle, 0);
    handle.close();
    handle.close();
    assertThat(freed).isTrue();
    assertThatIllegalStateException().isThrownBy(pool::export);
    assertThatIllegalStateException().isThrownBy(() -> pool.digests(new int[] {1}));
    assertThatIllegalStateException().isThrownBy(() -> peer.pull(new int[] {1}, new int[] {1}));
    peer.close();
    peer.close();
    assertThatIllegalStateException().isThrownBy(() -> peer.pull(new int[] {1}, new int[] {1}));
  }

  @Test
  void closingWaitsForACallUnderWay() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Thread caller =
        Thread.ofPlatform()
            .start(() ->
                handle.call(_ -> {
                  inside.countDown();
                  try {
                    assertThat(leave.await(10, TimeUnit.SECONDS)).isTrue();
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                  return freed.get() ? 1 : 0;
                }));
    assertThat(inside.await(10, TimeUnit.SECONDS)).isTrue();
    Thread closer = Thread.ofPlatform().start(handle::close);

    while (closer.getState() != Thread.State.WAITING) {
      assertThat(closer.isAlive()).as("closing did not wait").isTrue();
      Thread.onSpinWait();
    }
    assertThat(freed).isFalse();
    assertThatIllegalStateException().isThrownBy(handle::engine);
    leave.countDown();

    assertThat(closer.join(java.time.Duration.ofSeconds(10))).isTrue();
    assertThat(caller.join(java.time.Duration.ofSeconds(10))).isTrue();
    assertThat(freed).isTrue();
  }
}
