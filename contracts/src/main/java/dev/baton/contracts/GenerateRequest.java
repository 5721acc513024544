package dev.baton.contracts;

import java.time.Instant;
import java.util.List;

/**
 * Opens a token stream on a decode worker ({@code POST /internal/v1/generations}, JSON; answered
 * with one {@link TokenEvent} a line, {@code application/x-ndjson}). Closing the connection
 * cancels.
 *
 * @param tokens the prompt, followed by what was already generated in an earlier attempt
 * @param promptLength how many of {@code tokens} are the client's prompt
 * @param stop {@code maxTokens} counts every token behind the prompt, those of earlier attempts in
 *     {@code tokens} included, so that it is the same in every attempt
 * @param sources who holds a prefix, longest first (for {@link GenerationPath#DECODE_LOCAL})
 */
public record GenerateRequest(
    int version,
    RequestId request,
    int attempt,
    String model,
    LaneRef target,
    TokenIds tokens,
    int promptLength,
    BlockHash root,
    SamplingParams sampling,
    StopConditions stop,
    GenerationPath path,
    Instant deadline,
    List<PrefixSource> sources) {
  public static final int VERSION = 1;

  public GenerateRequest {
    Checks.version("GenerateRequest", version, VERSION);
    Checks.range("attempt", attempt, 1, 100);
    Checks.require(!tokens.isEmpty(), "a generation needs at least one token");
    Checks.range("promptLength", promptLength, 1, tokens.size());
    sources = List.copyOf(sources);
  }
}
