package dev.baton.worker.loop;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.BlockHashes;
import dev.baton.engine.SampleRequest;
import dev.baton.engine.SequenceSlice;
import dev.baton.worker.scheduling.Schedulable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;

/** A sequence's state; owned by the loop's thread once submitted. */
final class Sequence implements Schedulable {
  /** Where it stands. */
  enum Phase {
    WAITING,
    FILLING,
    RUNNING,
    ENDED
  }

  private static final int[] NO_BLOCKS = {};

  final SequenceSpec spec;
  final SequenceListener listener;
  final long arrival;

  /** The length at which it ends at the latest. */
  final int limit;

  Phase phase = Phase.WAITING;
  int[] tokens;
  int known;

  /** Leading tokens whose KV is in the pool, or will be after the steps on their way. */
  int computed;

  /** Steps on their way that compute something of it: they use its blocks. */
  int steps;

  int[] blocks = NO_BLOCKS;

  /** Leading blocks that have been offered to the pool's index. */
  int published;

  /** Set while filling: what to do with the blocks afterwards is decided already. */
  boolean abandoned;

  /** A filler is asked once; after a preemption the sequence is recomputed. */
  boolean fillTried;

  int computedTokens;
  int reusedTokens;
  int filledTokens;
  int preemptions;

  /** Tokens behind the known ones that steps on their way sample. */
  private int expected;

  private final List<BlockHash> hashes;
  private final BlockHashes inputHashes;
  private final IntUnaryOperator references;
  private final long submittedAt;
  private long admittedAt;
  private long filledAt;
  private long firstTokenAt;

  /**
   * Hashes its input here, on the submitter's thread.
   *
   * @param longest length of the longest sequence that can be served
   */
  Sequence(
      SequenceSpec spec,
      SequenceListener listener,
      long arrival,
      int longest,
      IntUnaryOperator references) {
    this.spec = spec;
    this.listener = listener;
    this.arrival = arrival;
    this.references = references;
    this.tokens = spec.tokens().toArray();
    this.known = tokens.length;
    this.limit =
        switch (spec.goal()) {
          case Goal.HandOver(), Goal.Fetch() -> known + 1;
          case Goal.Generate(var stop) ->
              (int) Math.min((long) spec.promptLength() + stop.maxTokens(), longest);
        };
    this.inputHashes = BlockHasher.chain(spec.root(), spec.tokens());
    this.hashes = new ArrayList<>(inputHashes.toList());
    this.submittedAt = System.nanoTime();
  }

  /** Names of its full blocks as far as the tokens are known. */
  BlockHashes hashes() {
    return hashes.size() == inputHashes.size() ? inputHashes : BlockHashes.of(hashes);
  }

  BlockHash hash(int block) {
    return hashes.get(block);
  }

  /** The name that the block's own continues. */
  BlockHash parent(int block) {
    return block == 0 ? spec.root() : hashes.get(block - 1);
  }

  SequenceSlice slice(StepsAhead.Part part) {
    return new SequenceSlice(
        tokens,
        part.start(),
        part.end() - part.start(),
        Arrays.copyOf(blocks, Math.ceilDiv(part.end(), BlockHasher.BLOCK_TOKENS)),
        part.samples() ? sampling() : null);
  }

  private SampleRequest sampling() {
    Constraint constraint = spec.constraint();
    return new SampleRequest(
        spec.sampling(), spec.promptLength(), constraint == null ? null : constraint.allowed());
  }

  /** Its next token will be this sample of the step just submitted. */
  void expect(int sample) {
    int length = length();
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, length + Math.max(BlockHasher.BLOCK_TOKENS, length / 4));
    }
    tokens[length] = SequenceSlice.pending(sample);
    expected++;
  }

  /** The token being sampled is its last, whichever it is: nothing is to be computed after it. */
  boolean endsWithNextToken() {
    return expected > 0 && length() >= limit;
  }

  /** The first of the tokens expected has come. */
  void append(int token) {
    expected--;
    tokens[known++] = token;
    if (spec.constraint() != null) {
      spec.constraint().accept(token);
    }
    if (known % BlockHasher.BLOCK_TOKENS == 0) {
      BlockHash last = hashes.isEmpty() ? spec.root() : hashes.getLast();
      hashes.add(new BlockHasher.Chain(last).next(tokens, known - BlockHasher.BLOCK_TOKENS));
    }
  }

  void addBlock(int block) {
    blocks = Arrays.copyOf(blocks, blocks.length + 1);
    blocks[blocks.length - 1] = block;
  }

  /** Takes its blocks away from it. */
  int[] takeBlocks() {
    int[] taken = blocks;
    blocks = NO_BLOCKS;
    computed = 0;
    published = 0;
    return taken;
  }

  /** Whether for the first time. */
  boolean admitted() {
    if (admittedAt != 0) {
      return false;
    }
    admittedAt = System.nanoTime();
    filledAt = admittedAt;
    return true;
  }

  void filled() {
    filledAt = System.nanoTime();
  }

  void sampled() {
    if (firstTokenAt == 0) {
      firstTokenAt = System.nanoTime();
    }
  }

  SequenceTimes times() {
    long now = System.nanoTime();
    long admitted = admittedAt == 0 ? now : admittedAt;
    long filled = filledAt == 0 ? now : filledAt;
    long first = firstTokenAt == 0 ? now : firstTokenAt;
    return new SequenceTimes(
        Duration.ofNanos(admitted - submittedAt),
        Duration.ofNanos(filled - admitted),
        Duration.ofNanos(first - filled),
        Duration.ofNanos(now - first),
        computedTokens,
        reusedTokens,
        filledTokens,
        preemptions);
  }

  @Override
  public int length() {
    return known + expected;
  }

  @Override
  public int computed() {
    return computed;
  }

  @Override
  public int blocks() {
    return blocks.length;
  }

  @Override
  public int reclaimable() {
    int exclusive = 0;
    for (int block : blocks) {
      exclusive += references.applyAsInt(block) == 1 ? 1 : 0;
    }
    return exclusive;
  }

  @Override
  public boolean held() {
    // What a constraint allows next depends on the token that is being sampled.
    return phase == Phase.FILLING || (spec.constraint() != null && expected > 0);
  }

  @Override
  public int priority() {
    return spec.priority();
  }

  @Override
  public long arrival() {
    return arrival;
  }
}
