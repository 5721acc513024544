package dev.baton.decode.handoff;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.GenerateRequest;
import dev.baton.contracts.HandOff;
import dev.baton.contracts.TokenIds;
import dev.baton.kvtransfer.Deadline;
import dev.baton.worker.exchange.BlockPuller;
import dev.baton.worker.exchange.LeasedPrefix;
import dev.baton.worker.exchange.Pull;
import dev.baton.worker.loop.EngineLoop;
import dev.baton.worker.loop.Goal;
import dev.baton.worker.loop.SequenceEnd;
import dev.baton.worker.loop.SequenceId;
import dev.baton.worker.loop.SequenceListener;
import dev.baton.worker.loop.SequenceSpec;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pulls the blocks of a prompt while the prefill worker computes the later ones (chunk pipelining):
 * what arrives is kept in this worker's pool, where the sequence finds it once the handle is there.
 * It is only ever a head start: whatever goes wrong, the handle still names every block. Safe for
 * use by all threads.
 */
public final class Prefetch {
  private static final Logger log = LoggerFactory.getLogger(Prefetch.class);

  /** How long the holder may keep an answer back until there are further blocks. */
  private static final Duration WAIT = Duration.ofSeconds(10);

  private final GenerateRequest request;
  private final HandOff.PrefillStarted started;
  private final BlockPuller puller;
  private final EngineLoop loop;
  private final Duration timeout;
  private final BlockHashes hashes;
  private final CompletableFuture<Void> finished = new CompletableFuture<>();
  private boolean stopped;
  private boolean fetching;
  private int blocks;
  private long bytes;

  /**
   * @param timeout of a pull
   */
  public Prefetch(
      GenerateRequest request,
      HandOff.PrefillStarted started,
      BlockPuller puller,
      EngineLoop loop,
      Duration timeout) {
    this.request = request;
    this.started = started;
    this.puller = puller;
    this.loop = loop;
    this.timeout = timeout;
    TokenIds tokens = request.tokens();
    // The sequence of a fetch has one token more than its blocks.
    int whole = (tokens.size() - 1) / BlockHasher.BLOCK_TOKENS;
    this.hashes = BlockHasher.chain(request.root(), tokens).prefix(whole);
  }

  /** Begins; call once. */
  public void start() {
    next();
  }

  /** Begins nothing more; completes when nothing of it runs in the loop any more. */
  public CompletionStage<Void> finish() {
    synchronized (this) {
      stopped = true;
      if (!fetching) {
        finished.complete(null);
      }
    }
    return finished;
  }

  /** Bytes that were pulled. */
  public synchronized long bytes() {
    return bytes;
  }

  private void next() {
    int have;
    synchronized (this) {
      if (stopped || blocks >= hashes.size()) {
        return;
      }
      have = blocks;
    }
    puller
        .lease(request.request(), started.holder(), started.kv(), hashes, have, WAIT)
        .whenComplete((leased, failure) -> {
          if (failure != null) {
            log.warn("{}: no head start", request.request(), failure);
          } else {
            leased.ifPresent(prefix -> fetch(prefix, have));
          }
        });
  }

  /** A holder that has nothing further to give is not asked again. */
  private void fetch(LeasedPrefix prefix, int have) {
    synchronized (this) {
      fetching = !stopped && prefix.blocks().size() > have;
      if (!fetching) {
        puller.release(prefix);
        return;
      }
    }
    loop.submit(
        spec(prefix),
        new SequenceListener() {
          @Override
          public void ended(SequenceEnd end) {
            puller.release(prefix);
            Prefetch.this.fetched(end, have);
          }
        });
  }

  private SequenceSpec spec(LeasedPrefix prefix) {
    int length = prefix.blocks().size() * BlockHasher.BLOCK_TOKENS + 1;
    return new SequenceSpec(
        new SequenceId(request.request(), request.attempt()),
        TokenIds.copyOf(request.tokens().toArray(), length),
        0,
        Math.min(length, request.promptLength()),
        request.root(),
        request.sampling(),
        new Goal.Fetch(),
        0,
        request.deadline(),
        room ->
            puller
                .pull(prefix, room, Deadline.after(timeout))
                .thenApply(pull -> {
                  count(pull);
                  return pull.filled();
                }));
  }

  private synchronized void count(Pull pull) {
    bytes += pull.bytes();
  }

  private void fetched(SequenceEnd end, int have) {
    boolean further = false;
    synchronized (this) {
      fetching = false;
      if (end instanceof SequenceEnd.Fetched(int tokens)) {
        blocks = Math.max(blocks, tokens / BlockHasher.BLOCK_TOKENS);
        further = blocks > have && !stopped;
      }
      if (stopped) {
        finished.complete(null);
      }
    }
    if (further) {
      next();
    }
  }
}
