package dev.baton.router.generation;

import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.ServiceClass;
import dev.baton.contracts.StopConditions;
import dev.baton.contracts.TokenIds;
import java.time.Duration;
import java.util.Optional;

/**
 * Token-level work.
 *
 * @param session whom to keep together on one worker
 * @param timeout from acceptance to the last token
 */
public record GenerationSpec(
    String model,
    TokenIds prompt,
    SamplingParams sampling,
    StopConditions stop,
    ServiceClass serviceClass,
    Optional<String> session,
    Duration timeout) {}
