package dev.baton.worker.tiers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.KvDtype;
import dev.baton.contracts.KvLayout;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.kvtransfer.BlockDigest;
import dev.baton.kvtransfer.HostKvPool;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CacheTierTest {
  private static final KvLayout LAYOUT = new KvLayout(1, 1, 16, 8, KvDtype.F32);
  private static final int BLOCK = (int) LAYOUT.blockBytes();
  private static final int RECORDS = 4;
  private static final ModelFingerprint MODEL =
      new ModelFingerprint("00112233445566778899aabbccddeeff");
  private static final ModelFingerprint OTHER =
      new ModelFingerprint("ffeeddccbbaa99887766554433221100");

  @TempDir Path folder;

  private CacheTier disk(ModelFingerprint model, int segments) throws IOException {
    return new CacheTier(
        "disk", new DiskSlots(folder, new SegmentHeader(model, LAYOUT, RECORDS), segments));
  }

  private CacheTier host(int blocks) throws IOException {
    HostKvPool pool = HostKvPool.create(folder.resolve("pool"), BLOCK, 1, Arena.ofAuto());
    return new CacheTier("host", new HostSlots(pool, (long) blocks * BLOCK));
  }

  private static BlockHash hash(long i) {
    return new BlockHash(i, ~i);
  }

  /** Content that follows from the name. */
  private static MemorySegment block(long i) {
    byte[] bytes = new byte[BLOCK];
    new Random(i).nextBytes(bytes);
    return Arena.ofAuto().allocate(BLOCK).copyFrom(MemorySegment.ofArray(bytes));
  }

  private static void store(CacheTier tier, long i) {
    MemorySegment block = block(i);
    tier.store(hash(i), BlockDigest.of(block), block);
  }

  /** Whether it was read back; if so it was what was stored. */
  private static boolean readsBack(CacheTier tier, long i) {
    MemorySegment into = Arena.ofAuto().allocate(BLOCK);
    OptionalInt digest = tier.read(hash(i), into);
    if (digest.isPresent()) {
      assertThat(into.mismatch(block(i))).isEqualTo(-1);
      assertThat(digest).hasValue(BlockDigest.of(block(i)));
    }
    return digest.isPresent();
  }

  private void overwrite(Path file, long at, byte[] bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes), at);
    }
  }

  private Path segment(int number) {
    return folder.resolve("segment-%05d.kv".formatted(number));
  }

  @Test
  void blocksOnDiskOutliveTheProcess() throws IOException {
    try (CacheTier tier = disk(MODEL, 3)) {
      for (int i = 0; i < 10; i++) {
        store(tier, i);
      }
    }
    try (CacheTier tier = disk(MODEL, 3)) {
      assertThat(tier.stats().blocks()).isEqualTo(10);
      for (int i = 0; i < 10; i++) {
        assertThat(readsBack(tier, i)).isTrue();
      }
      assertThat(readsBack(tier, 10)).isFalse();
      store(tier, 10);
      store(tier, 11);
      assertThat(tier.stats().evicted()).isZero();
      assertThat(tier.stats().blocks()).isEqualTo(12);
    }
  }

  @Test
  void aDirectoryBelongsToOneWorkerAtATime() throws IOException {
    try (CacheTier _ = disk(MODEL, 1)) {
      assertThatThrownBy(() -> disk(MODEL, 1))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another worker");
    }
    disk(MODEL, 1).close();
  }

  @Test
  void filesOfAnotherModelAreNeverRead() throws IOException {
    try (CacheTier tier = disk(OTHER, 1)) {
      store(tier, 1);
    }
    try (CacheTier tier = disk(MODEL, 1)) {
      assertThat(tier.stats().blocks()).isZero();
      assertThat(readsBack(tier, 1)).isFalse();
      assertThat(segment(0)).doesNotExist();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 8, 12, 16, 24, 40, 48, 80, 83})
  void aFileWithADamagedHeaderIsNeverRead(int at) throws IOException {
    try (CacheTier tier = disk(MODEL, 1)) {
      store(tier, 1);
    }
    overwrite(segment(0), at, new byte[] {0x55});
    try (CacheTier tier = disk(MODEL, 1)) {
      assertThat(tier.stats().blocks()).isZero();
    }
  }

  @Test
  void aFileThatWasCutIsNeverRead() throws IOException {
    try (CacheTier tier = disk(MODEL, 1)) {
      store(tier, 1);
    }
    try (FileChannel channel = FileChannel.open(segment(0), StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - 1);
    }
    try (CacheTier tier = disk(MODEL, 1)) {
      assertThat(tier.stats().blocks()).isZero();
    }
  }

  @Test
  void aDamagedBlockIsDroppedAndStaysSoAfterARestart() throws IOException {
    try (CacheTier tier = disk(MODEL, 1)) {
      store(tier, 1);
      store(tier, 2);
    }
    flipABitOfEach(segment(0), 1);
    try (CacheTier tier = disk(MODEL, 1)) {
      assertThat(readsBack(tier, 1)).isFalse();
      assertThat(readsBack(tier, 2)).isTrue();
      assertThat(tier.stats().corrupt()).isEqualTo(1);
      assertThat(tier.contains(hash(1))).isFalse();
    }
    try (CacheTier tier = disk(MODEL, 1)) {
      assertThat(tier.stats().blocks()).isEqualTo(1);
      store(tier, 1);
      assertThat(readsBack(tier, 1)).isTrue();
    }
  }

  /** Of the first {@code count} blocks of a file. */
  static void flipABitOfEach(Path file, int count) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      for (int i = 0; i < count; i++) {
        long at = 2 * 4096 + (long) i * BLOCK + 100;
        ByteBuffer one = ByteBuffer.allocate(1);
        channel.read(one, at);
        channel.write(one.put(0, (byte) (one.get(0) ^ 4)).flip(), at);
      }
    }
  }

  @Test
  void aRecordWhoseEntryIsNotWholeIsDroppedAtStart() throws IOException {
    try (CacheTier tier = disk(MODEL, 1)) {
      store(tier, 1);
      store(tier, 2);
      store(tier, 3);
    }
    overwrite(segment(0), 4096, new byte[4]); // no commit word: the block was being written
    overwrite(segment(0), 4096 + 24 + 10, new byte[] {0x55}); // half an entry
    try (CacheTier tier = disk(MODEL, 1)) {
      assertThat(tier.stats().blocks()).isEqualTo(1);
      assertThat(readsBack(tier, 3)).isTrue();
    }
  }

  @Test
  void whatIsBeyondASmallerCapacityIsRemoved() throws IOException {
    try (CacheTier tier = disk(MODEL, 3)) {
      for (int i = 0; i < 12; i++) {
        store(tier, i);
      }
    }
    try (CacheTier tier = disk(MODEL, 1)) {
      assertThat(tier.stats().blocks()).isEqualTo(RECORDS);
    }
    try (var files = Files.list(folder)) {
      assertThat(files.filter(file -> file.toString().endsWith(".kv"))).containsExactly(segment(0));
    }
  }

  @Test
  void evictsWhatWasUsedLeast() throws IOException {
    try (CacheTier tier = disk(MODEL, 1)) {
      for (int i = 0; i < RECORDS; i++) {
        store(tier, i);
      }
      assertThat(tier.touch(hash(0))).isTrue();
      store(tier, 10);
      assertThat(tier.contains(hash(1))).isFalse();
      assertThat(tier.contains(hash(0))).isTrue();
      assertThat(tier.stats().evicted()).isEqualTo(1);
    }
  }

  /** A disk that has room for so many segments only. */
  private static final class SmallDisk implements SlotStorage {
    private final DiskSlots slots;
    private int grown;
    private int room;
    private boolean broken;

    SmallDisk(DiskSlots slots, int room) {
      this.slots = slots;
      this.room = room;
    }

    @Override
    public int capacity() {
      return slots.capacity();
    }

    @Override
    public List<Found> found() {
      return slots.found();
    }

    @Override
    public List<Integer> empty() {
      return slots.empty();
    }

    @Override
    public List<Integer> grow() throws IOException {
      if (grown == room) {
        throw new IOException("No space left on device");
      }
      grown++;
      return slots.grow();
    }

    @Override
    public void write(int slot, BlockHash hash, int digest, MemorySegment block)
        throws IOException {
      if (broken) {
        throw new IOException("Input/output error");
      }
      slots.write(slot, hash, digest, block);
    }

    @Override
    public MemorySegment slot(int slot) {
      return slots.slot(slot);
    }

    @Override
    public void erase(int slot) throws IOException {
      slots.erase(slot);
    }

    @Override
    public void close() {
      slots.close();
    }
  }

  private SmallDisk smallDisk(int room) throws IOException {
    return new SmallDisk(new DiskSlots(folder, new SegmentHeader(MODEL, LAYOUT, RECORDS), 3), room);
  }

  @Test
  void aFullDiskIsUsedAsFarAsItGoes() throws IOException {
    try (CacheTier tier = new CacheTier("disk", smallDisk(1))) {
      for (int i = 0; i < 2 * RECORDS; i++) {
        store(tier, i);
      }
      assertThat(tier.stats().blocks()).isEqualTo(RECORDS);
      assertThat(tier.stats().evicted()).isEqualTo(RECORDS);
      assertThat(tier.stats().failed()).isEqualTo(1);
      assertThat(readsBack(tier, 2 * RECORDS - 1)).isTrue();
    }
  }

  @Test
  void aDiskThatIsFullFromTheBeginningKeepsNothing() throws IOException {
    try (CacheTier tier = new CacheTier("disk", smallDisk(0))) {
      store(tier, 1);
      store(tier, 2);
      assertThat(tier.stats().blocks()).isZero();
      assertThat(tier.stats().failed()).isPositive();
      assertThat(readsBack(tier, 1)).isFalse();
    }
  }

  @Test
  void aBlockThatCannotBeWrittenIsNotKept() throws IOException {
    SmallDisk disk = smallDisk(3);
    try (CacheTier tier = new CacheTier("disk", disk)) {
      disk.broken = true;
      store(tier, 1);
      assertThat(readsBack(tier, 1)).isFalse();
      disk.broken = false;
      store(tier, 1);
      assertThat(readsBack(tier, 1)).isTrue();
      assertThat(tier.stats().failed()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void behavesAsAMapThatMayForget(long seed) throws IOException {
    Random random = new Random(seed);
    Set<Long> model = new HashSet<>();
    CacheTier tier = disk(MODEL, 3);
    for (int step = 0; step < 2000; step++) {
      long i = random.nextInt(20);
      switch (random.nextInt(4)) {
        case 0 -> {
          store(tier, i);
          model.add(i);
          assertThat(tier.contains(hash(i))).isTrue();
        }
        case 1 -> assertThat(readsBack(tier, i)).isEqualTo(tier.contains(hash(i)));
        case 2 -> tier.touch(hash(i));
        default -> {
          if (random.nextInt(50) == 0) {
            int blocks = tier.stats().blocks();
            tier.close();
            tier = disk(MODEL, 3);
            assertThat(tier.stats().blocks()).isEqualTo(blocks);
          }
        }
      }
      assertThat(tier.stats().blocks()).isLessThanOrEqualTo(12);
      if (model.size() <= 12) {
        assertThat(model).hasSize(tier.stats().blocks());
      }
    }
    tier.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void givesBackWhatWasStoredOrNothingWhateverRunsBesides(boolean onDisk) throws Exception {
    try (CacheTier tier = onDisk ? disk(MODEL, 3) : host(12);
        ExecutorService threads = Executors.newFixedThreadPool(6)) {
      List<Future<Integer>> runs = new ArrayList<>();
      for (int thread = 0; thread < 6; thread++) {
        Random random = new Random(thread);
        runs.add(
            threads.submit(() -> {
              int hits = 0;
              for (int step = 0; step < 4000; step++) {
                long i = random.nextInt(24);
                if (random.nextInt(3) == 0) {
                  store(tier, i);
                } else {
                  hits += readsBack(tier, i) ? 1 : 0;
                }
              }
              return hits;
            }));
      }
      int hits = 0;
      for (Future<Integer> run : runs) {
        hits += run.get(60, TimeUnit.SECONDS);
      }
      TierStats stats = tier.stats();
      assertThat(stats.corrupt()).isZero();
      assertThat(stats.hits()).isEqualTo(hits).isPositive();
      assertThat(stats.stored() - stats.evicted()).isEqualTo(stats.blocks());
      assertThat(stats.blocks()).isLessThanOrEqualTo(12);
      Map<Long, Boolean> kept = new HashMap<>();
      for (long i = 0; i < 24; i++) {
        kept.put(i, readsBack(tier, i));
      }
      assertThat(kept.values().stream().filter(is -> is).count()).isEqualTo(stats.blocks());
    }
  }
}
