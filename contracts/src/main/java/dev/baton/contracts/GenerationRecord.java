package dev.baton.contracts;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** One finished request, for accounting and analysis. Holds no text and no token ids. */
public record GenerationRecord(
    int version,
    RequestId request,
    String tenant,
    String model,
    String outcome,
    int promptTokens,
    int outputTokens,
    int cachedTokens,
    Instant received,
    Duration total,
    List<WorkerId> workers) {
  public static final int VERSION = 1;

  public GenerationRecord {
    Checks.version("GenerationRecord", version, VERSION);
    workers = List.copyOf(workers);
  }
}
