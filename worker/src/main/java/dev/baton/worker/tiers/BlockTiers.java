package dev.baton.worker.tiers;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.KvLayout;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.kvtransfer.BlockDigest;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.KvPool;
import dev.baton.worker.blocks.CachedBlock;
import dev.baton.worker.loop.Filled;
import dev.baton.worker.loop.Filler;
import dev.baton.worker.loop.OffloadSink;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tiers behind a worker's pool, fastest first. Every tier gets a copy of each cached block, on
 * a thread of its own, and each evicts for itself; a block is read back from the first that has it.
 * One thread writes and one reads, with bounded queues before them: what does not fit is not
 * copied, or is computed. Safe for use by all threads; nothing blocks but {@link #close}.
 */
public final class BlockTiers implements OffloadSink, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(BlockTiers.class);
  private static final long SEGMENT_BYTES = 256 << 20;
  private static final int BATCH = 16;
  private static final int MAX_BATCHES = 2;
  private static final int MAX_READS = 64;
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final List<CacheTier> tiers;
  private final int blockTokens;
  private final long blockBytes;
  private final int batch;
  private final AtomicInteger batches = new AtomicInteger();
  private final ThreadPoolExecutor writer = executor("tier-writer", MAX_BATCHES);
  private final ThreadPoolExecutor reader = executor("tier-reader", MAX_READS);
  private final PoolPort toTiers;
  private final PoolPort fromTiers;

  BlockTiers(List<CacheTier> tiers, KvPool pool, int blockTokens) {
    this.tiers = List.copyOf(tiers);
    this.blockTokens = blockTokens;
    this.blockBytes = pool.blockBytes();
    this.batch = Math.clamp(pool.blockCount() / 16, 1, BATCH);
    this.toTiers = PoolPort.of(pool);
    this.fromTiers = PoolPort.of(pool);
  }

  /**
   * Opens the tiers of the settings, with what the one on disk still has of this model.
   *
   * @throws IOException if its directory cannot be used
   */
  public static BlockTiers open(
      CacheSettings settings, KvPool pool, ModelFingerprint model, KvLayout layout)
      throws IOException {
    List<CacheTier> tiers = new ArrayList<>();
    if (settings.hostBytes() >= pool.blockBytes()) {
      tiers.add(new CacheTier("host", new HostSlots(pool, settings.hostBytes())));
    }
    if (settings.diskDirectory() != null && settings.diskBytes() >= pool.blockBytes()) {
      long segmentBytes = Math.min(SEGMENT_BYTES, settings.diskBytes());
      int records = Math.toIntExact(Math.max(1, segmentBytes / pool.blockBytes()));
      int segments = Math.toIntExact(settings.diskBytes() / (records * pool.blockBytes()));
      SegmentHeader header = new SegmentHeader(model, layout, records);
      CacheTier disk =
          new CacheTier("disk", new DiskSlots(settings.diskDirectory(), header, segments));
      log.info(
          "{} blocks of this model are in {}", disk.stats().blocks(), settings.diskDirectory());
      tiers.add(disk);
    }
    return new BlockTiers(tiers, pool, layout.blockTokens());
  }

  public long blockBytes() {
    return blockBytes;
  }

  /** No block is in any tier. */
  public boolean isEmpty() {
    return tiers.stream().allMatch(tier -> tier.stats().blocks() == 0);
  }

  public List<TierStats> stats() {
    return tiers.stream().map(CacheTier::stats).toList();
  }

  /** Blocks of {@code chain} that the tiers have in a row from {@code from}, below {@code to}. */
  public int held(BlockHashes chain, int from, int to) {
    int place = from;
    while (place < to && contains(chain.get(place))) {
      place++;
    }
    return place - from;
  }

  private boolean contains(BlockHash hash) {
    return tiers.stream().anyMatch(tier -> tier.contains(hash));
  }

  @Override
  public int room() {
    return tiers.isEmpty() || batches.get() >= MAX_BATCHES ? 0 : batch;
  }

  @Override
  public CompletionStage<Void> offload(List<CachedBlock> blocks) {
    batches.incrementAndGet();
    CompletableFuture<Void> done = new CompletableFuture<>();
    try {
      writer.execute(() -> {
        try {
          blocks.forEach(this::store);
        } catch (RuntimeException | Error e) {
          log.error("{} blocks were not copied to the tiers", blocks.size(), e);
        } finally {
          batches.decrementAndGet();
          done.complete(null);
        }
      });
    } catch (RejectedExecutionException e) {
      batches.decrementAndGet();
      done.complete(null);
    }
    return done;
  }

  private void store(CachedBlock block) {
    // Ask every tier: it is a use, also where the block is there.
    List<CacheTier> lacking = tiers.stream().filter(tier -> !tier.touch(block.hash())).toList();
    if (lacking.isEmpty()) {
      return;
    }
    MemorySegment bytes = toTiers.read(block.block());
    int digest = BlockDigest.of(bytes);
    lacking.forEach(tier -> tier.store(block.hash(), digest, bytes));
  }

  /**
   * Reads blocks back into those of an admitted sequence, from the first that is not resident as
   * far as the tiers have them, below {@code limit}. Completes at the deadline at the latest; what
   * might be written later is in quarantine then.
   */
  public CompletionStage<Filled> fill(Filler.Room room, int limit, Deadline deadline) {
    int from = room.resident();
    int to = from + held(room.hashes(), from, limit);
    if (to == from) {
      return CompletableFuture.completedStage(Filled.nothing(from, blockTokens));
    }
    CompletableFuture<Filled> filled = new CompletableFuture<>();
    CompletableFuture<Void> over = new CompletableFuture<>();
    try {
      reader.execute(() -> {
        try {
          filled.complete(read(room, from, to, deadline));
        } catch (RuntimeException | Error e) {
          filled.completeExceptionally(e);
        } finally {
          over.complete(null);
        }
      });
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedStage(Filled.nothing(from, blockTokens));
    }
    List<Integer> written = Arrays.stream(room.blocks(), from, to).boxed().toList();
    return filled.completeOnTimeout(
        new Filled(from, from * blockTokens, List.of(), written, over),
        deadline.remainingNanos(),
        TimeUnit.NANOSECONDS);
  }

  private Filled read(Filler.Room room, int from, int to, Deadline deadline) {
    int[] digests = new int[to - from];
    int place = from;
    while (place < to && !deadline.expired()) {
      BlockHash hash = room.hashes().get(place);
      OptionalInt digest = fromTiers.fill(room.blocks()[place], into -> read(hash, into));
      if (digest.isEmpty()) {
        break;
      }
      digests[place++ - from] = digest.getAsInt();
    }
    // The first blocks are of more use than those behind them, which should go sooner.
    for (int used = place - 1; used >= from; used--) {
      BlockHash hash = room.hashes().get(used);
      tiers.forEach(tier -> tier.touch(hash));
    }
    return Filled.upTo(place, place * blockTokens, Arrays.copyOf(digests, place - from));
  }

  private OptionalInt read(BlockHash hash, MemorySegment into) {
    for (CacheTier tier : tiers) {
      OptionalInt digest = tier.read(hash, into);
      if (digest.isPresent()) {
        return digest;
      }
    }
    return OptionalInt.empty();
  }

  /** Before the pool is freed: ends what runs, and takes no more. */
  @Override
  public void close() {
    writer.shutdown();
    reader.shutdown();
    try {
      boolean over =
          writer.awaitTermination(CLOSE_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS)
              && reader.awaitTermination(CLOSE_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS);
      if (!over) {
        log.error("The disk does not answer; its tier is left as it is");
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    toTiers.close();
    fromTiers.close();
    tiers.forEach(CacheTier::close);
  }

  private static ThreadPoolExecutor executor(String name, int waiting) {
    return new ThreadPoolExecutor(
        1,
        1,
        0,
        TimeUnit.SECONDS,
        new ArrayBlockingQueue<>(waiting),
        Thread.ofPlatform().name(name).daemon().factory());
  }
}
