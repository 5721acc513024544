package dev.baton.worker.scheduling;

/** A sequence as the scheduler sees it. Token counts; blocks of the scheduler's block size. */
public interface Schedulable {
  /** Tokens known or being sampled, computed or not; always more than {@link #computed}. */
  int length();

  /** Leading tokens whose KV is in the pool or being computed. */
  int computed();

  /** Blocks that it has. */
  int blocks();

  /** How many of its blocks would become available if it were preempted. */
  int reclaimable();

  /** There is nothing to compute of it yet, and its blocks are in use. */
  boolean held();

  /** Lower goes first. */
  int priority();

  /** Among equals the earlier goes first; unique. */
  long arrival();
}
