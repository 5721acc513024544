package dev.baton.worker.loop;

import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.FinishReason;
import dev.baton.contracts.SampledToken;
import java.util.concurrent.CompletionStage;

/** How a sequence ended. */
public sealed interface SequenceEnd {
  /** The goal {@link Goal.Generate} was reached; {@code outputTokens} are all behind the prompt. */
  record Finished(FinishReason reason, int outputTokens, SequenceTimes times)
      implements SequenceEnd {}

  /**
   * The goal {@link Goal.HandOver} was reached. The blocks stay pinned for the listener, who gives
   * them back with {@link EngineLoop#unpin}.
   *
   * @param pinned ids of all blocks, the last one possibly partial
   * @param blocks the same with their digests, once those are computed
   */
  @SuppressWarnings("ArrayRecordComponent")
  record HandedOver(
      int[] pinned, CompletionStage<BlockRefs> blocks, SampledToken firstToken, SequenceTimes times)
      implements SequenceEnd {}

  /** The goal {@link Goal.Fetch} was reached as far as {@code tokens} leading tokens. */
  record Fetched(int tokens) implements SequenceEnd {}

  /** It was cancelled. */
  record Cancelled() implements SequenceEnd {}

  /** It cannot go on here. */
  record Failed(Failure failure, String message) implements SequenceEnd {}

  /** Why a sequence failed. */
  enum Failure {
    /** It can never be served here. */
    TOO_LONG(false),
    DEADLINE_EXCEEDED(false),
    ENGINE_FAILED(true),
    /** The worker lost its lane, or stops. */
    WORKER_GONE(true),
    /** A sequence of the same name is here already. */
    DUPLICATE(false),
    /** Its reader fell too far behind. */
    OVERFLOW(false);

    private final boolean retryable;

    Failure(boolean retryable) {
      this.retryable = retryable;
    }

    /** Whether another worker might do better. */
    public boolean retryable() {
      return retryable;
    }
  }
}
