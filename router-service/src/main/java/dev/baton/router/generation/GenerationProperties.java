package dev.baton.router.generation;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Bounds of generations.
 *
 * @param timeout from acceptance of a request to its last token
 * @param maxConcurrent generations at once
 * @param maxPromptTokens prompt tokens of all generations at once
 * @param maxAttempts placements of one request
 * @param acceptTimeout longest wait until a decode worker takes a request on
 * @param idleTimeout longest silence between two tokens
 * @param workerWait longest wait for a worker where none is there
 */
@ConfigurationProperties("baton.router.generation")
public record GenerationProperties(
    @DefaultValue("2m") Duration timeout,
    @DefaultValue("512") int maxConcurrent,
    @DefaultValue("4000000") long maxPromptTokens,
    @DefaultValue("4") int maxAttempts,
    @DefaultValue("5s") Duration acceptTimeout,
    @DefaultValue("30s") Duration idleTimeout,
    @DefaultValue("20s") Duration workerWait) {}
