package dev.baton.worker.loop;

import java.time.Duration;

/**
 * Where time and tokens of a sequence went on this worker.
 *
 * @param waiting from submission to admission
 * @param filling from admission to when its blocks were filled from elsewhere
 * @param computing from then to its first token sampled here, or to its end
 * @param generating from there to its end
 * @param computedTokens input tokens that ran through the model
 * @param reusedTokens tokens found resident
 * @param filledTokens tokens whose blocks came from elsewhere
 * @param preemptions how often it lost its blocks
 */
public record SequenceTimes(
    Duration waiting,
    Duration filling,
    Duration computing,
    Duration generating,
    int computedTokens,
    int reusedTokens,
    int filledTokens,
    int preemptions) {}
