package dev.baton.prefill;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.Epoch;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.PrefillRequest;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.TokenIds;
import dev.baton.contracts.WorkerId;
import java.time.Instant;
import java.util.List;
import java.util.Random;

/** Requests for tests. */
public final class Requests {
  public static final LaneRef TARGET =
      new LaneRef(new WorkerId("decode"), new Lane(5), new Epoch(9));
  private static final ModelFingerprint SOME_MODEL =
      new ModelFingerprint("00112233445566778899aabbccddeeff");

  private Requests() {}

  public static PrefillRequest prefill(String id, int tokens) {
    return prefill(id, tokens, SOME_MODEL, Instant.now().plusSeconds(60));
  }

  /** Tokens are below 64, which every model has, and the same for the same id. */
  public static PrefillRequest prefill(
      String id, int tokens, ModelFingerprint model, Instant deadline) {
    Random random = new Random(id.hashCode());
    int[] ids = random.ints(tokens, 0, 64).toArray();
    return new PrefillRequest(
        PrefillRequest.VERSION,
        new RequestId(id),
        1,
        "model",
        model,
        TokenIds.of(ids),
        tokens,
        BlockHasher.root(model, "tenant"),
        SamplingParams.greedy(),
        Instant.now(),
        deadline,
        TARGET,
        List.of());
  }
}
