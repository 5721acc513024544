package dev.baton.contracts;

import java.time.Instant;
import java.util.List;

/**
 * Work for the prefill tier: compute the KV of {@code tokens}, choose the next token, hand both to
 * {@code target}.
 *
 * @param attempt 1 for the first placement of the request, higher after a decode worker was lost
 * @param tokens the prompt, followed by what was already generated in an earlier attempt
 * @param promptLength how many of {@code tokens} are the client's prompt
 * @param root where the block hash chain starts, see {@link BlockHasher#root}
 * @param deadline when nobody waits for the result any more
 * @param sources who holds a prefix, longest first
 */
public record PrefillRequest(
    int version,
    RequestId request,
    int attempt,
    String model,
    ModelFingerprint fingerprint,
    TokenIds tokens,
    int promptLength,
    BlockHash root,
    SamplingParams sampling,
    Instant submitted,
    Instant deadline,
    LaneRef target,
    List<PrefixSource> sources) {
  public static final int VERSION = 1;

  public PrefillRequest {
    Checks.version("PrefillRequest", version, VERSION);
    Checks.range("attempt", attempt, 1, 100);
    Checks.require(!tokens.isEmpty(), "a prefill request needs at least one token");
    Checks.range("promptLength", promptLength, 1, tokens.size());
    sources = List.copyOf(sources);
  }
}
