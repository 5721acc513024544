package dev.baton.worker.loop;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.TokenIds;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A sequence to run.
 *
 * @param tokens all known tokens
 * @param inputLength how many of them count as input in statistics; the rest was sampled elsewhere
 * @param promptLength how many of them are the client's prompt
 * @param root where the block hash chain starts
 * @param priority lower runs first
 * @param deadline when nobody waits for it any more
 * @param filler gets the blocks from elsewhere before anything is computed; absent: compute it all
 * @param constraint what may be sampled behind {@code tokens}; absent: everything
 */
public record SequenceSpec(
    SequenceId id,
    TokenIds tokens,
    int inputLength,
    int promptLength,
    BlockHash root,
    SamplingParams sampling,
    Goal goal,
    int priority,
    Instant deadline,
    @Nullable Filler filler,
    @Nullable Constraint constraint) {
  public SequenceSpec {
    if (tokens.isEmpty() || promptLength > tokens.size() || inputLength > tokens.size()) {
      throw new IllegalArgumentException(
          id + " has " + tokens.size() + " tokens, too few for its prompt of " + promptLength);
    }
  }

  /** One that any token may follow. */
  public SequenceSpec(
      SequenceId id,
      TokenIds tokens,
      int inputLength,
      int promptLength,
      BlockHash root,
      SamplingParams sampling,
      Goal goal,
      int priority,
      Instant deadline,
      @Nullable Filler filler) {
    this(
        id,
        tokens,
        inputLength,
        promptLength,
        root,
        sampling,
        goal,
        priority,
        deadline,
        filler,
        null);
  }
}
