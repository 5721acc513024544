package dev.baton.contracts;

import java.time.Duration;
import java.util.List;

/**
 * Stage times of a generation as the decode worker saw it.
 *
 * @param prefill the prefill's own account
 * @param path how the prompt was really computed (the ladder may differ from what was asked)
 * @param transfer pulling the KV blocks
 * @param transferredBytes bytes pulled
 * @param transport name of the transport that moved them, empty where nothing moved
 * @param cachedTokens prompt tokens that neither tier had to compute
 * @param decode from the first token to the last
 * @param ladder steps taken when something failed, in order
 */
public record GenerationTimings(
    PrefillTimings prefill,
    GenerationPath path,
    Duration transfer,
    long transferredBytes,
    String transport,
    int cachedTokens,
    Duration decode,
    List<String> ladder) {
  public GenerationTimings {
    ladder = List.copyOf(ladder);
  }
}
