package dev.baton.contracts;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** What the prefill tier sends to a decode worker's lane. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = HandOff.PrefillStarted.class, name = "started"),
  @JsonSubTypes.Type(value = HandOff.KvHandle.class, name = "handle"),
  @JsonSubTypes.Type(value = HandOff.PrefillFailure.class, name = "failure")
})
public sealed interface HandOff {
  int VERSION = 1;

  int version();

  RequestId request();

  int attempt();

  /** The decode worker that it is meant for; of another epoch it is dropped. */
  LaneRef target();

  /**
   * Prefill of a prompt of several chunks has been taken on. Blocks of a chunk can be read as soon
   * as it is computed.
   *
   * @param holder who computes it
   * @param kv where its blocks are read
   */
  record PrefillStarted(
      int version, RequestId request, int attempt, LaneRef target, LaneRef holder, KvEndpoint kv)
      implements HandOff {
    public PrefillStarted {
      Checks.version("HandOff", version, VERSION);
    }
  }

  /**
   * The baton itself: KV blocks of all {@code tokenCount} tokens on lease, and the first token.
   *
   * @param blocks every block of the prompt in order, the last one possibly partial
   */
  record KvHandle(
      int version,
      RequestId request,
      int attempt,
      LaneRef target,
      LeaseRef lease,
      BlockRefs blocks,
      int tokenCount,
      SampledToken firstToken,
      PrefillTimings timings)
      implements HandOff {
    public KvHandle {
      Checks.version("HandOff", version, VERSION);
      Checks.range("tokenCount", tokenCount, 1, Integer.MAX_VALUE);
      Checks.require(
          blocks.size() == Math.ceilDiv(tokenCount, BlockHasher.BLOCK_TOKENS),
          "a handle needs one block for every 16 tokens");
    }
  }

  /** Prefill could not be done; {@code retryable} says whether another worker might. */
  record PrefillFailure(
      int version,
      RequestId request,
      int attempt,
      LaneRef target,
      WorkerId worker,
      String reason,
      boolean retryable)
      implements HandOff {
    public PrefillFailure {
      Checks.version("HandOff", version, VERSION);
    }
  }
}
