package dev.baton.worker.loop;

import dev.baton.worker.blocks.PoolState;

/** Counters and rates of a loop; owned by it. */
final class LoopMeter {
  private static final double WEIGHT = 0.1;
  private static final int ENOUGH_TO_MEASURE = 16;

  long computedTokens;
  long reusedTokens;
  long filledTokens;
  long generatedTokens;
  long steps;
  long preemptions;
  private double prefillRate;
  private double decodeRate;

  void step(int inputTokens, int sampled, long nanos) {
    steps++;
    double seconds = Math.max(nanos, 1) / 1e9;
    if (inputTokens >= ENOUGH_TO_MEASURE) {
      prefillRate = average(prefillRate, inputTokens / seconds);
    } else if (inputTokens == 0 && sampled > 0) {
      decodeRate = average(decodeRate, sampled / seconds);
    }
  }

  LoopStats stats(PoolState pool, int running, int waiting, long waitingTokens) {
    return new LoopStats(
        pool,
        running,
        waiting,
        waitingTokens,
        computedTokens,
        reusedTokens,
        filledTokens,
        generatedTokens,
        steps,
        preemptions,
        prefillRate,
        decodeRate);
  }

  private static double average(double before, double now) {
    return before == 0 ? now : before + WEIGHT * (now - before);
  }
}
