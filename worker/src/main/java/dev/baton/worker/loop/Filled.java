package dev.baton.worker.loop;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What a {@link Filler} achieved.
 *
 * @param blocks leading blocks of the sequence that are good now, resident ones included
 * @param tokens leading tokens that those cover
 * @param digests of the good blocks behind the resident ones, in order
 * @param quarantined pool blocks that something might still write into until {@code lifted}
 */
public record Filled(
    int blocks,
    int tokens,
    List<Integer> digests,
    List<Integer> quarantined,
    CompletionStage<Void> lifted) {
  public Filled {
    digests = List.copyOf(digests);
    quarantined = List.copyOf(quarantined);
  }

  /** Blocks up to {@code blocks} are good and nothing writes any more. */
  public static Filled upTo(int blocks, int tokens, int[] digests) {
    return new Filled(
        blocks,
        tokens,
        Arrays.stream(digests).boxed().toList(),
        List.of(),
        CompletableFuture.completedStage(null));
  }

  /** Nothing more than the {@code resident} blocks. */
  public static Filled nothing(int resident, int blockTokens) {
    return upTo(resident, resident * blockTokens, new int[0]);
  }
}
