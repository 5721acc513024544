package dev.baton.worker.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.worker.scheduling.StepPlan.Chunk;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchedulerTest {
  private record Job(
      int length,
      int computed,
      int blocks,
      int reclaimable,
      boolean held,
      int priority,
      long arrival)
      implements Schedulable {
    static Job decoding(int length, long arrival) {
      int blocks = Math.ceilDiv(length - 1, 16);
      return new Job(length, length - 1, blocks, blocks, false, 0, arrival);
    }

    static Job prefilling(int length, int computed, long arrival) {
      int blocks = Math.ceilDiv(length, 16);
      return new Job(length, computed, blocks, blocks, false, 0, arrival);
    }

    static Job waiting(int length, int priority, long arrival) {
      return new Job(length, 0, 0, 0, false, priority, arrival);
    }

    AdmissionCost cost() {
      return new AdmissionCost(Math.ceilDiv(length, 16), length);
    }
  }

  private final Scheduler scheduler = new Scheduler(new SchedulerLimits(64, 4, 16, 100, 512));

  private StepPlan<Job> plan(List<Job> running, List<Job> waiting, int available) {
    return scheduler.plan(running, waiting, available, Job::cost);
  }

  @Test
  void decodesFirstAndGivesTheRestOfTheBudgetToPrefillInOneBatch() {
    Job prefill = Job.prefilling(200, 0, 1);
    Job decode = Job.decoding(30, 2);
    StepPlan<Job> plan = plan(List.of(prefill, decode), List.of(), 10);
    assertThat(plan.chunks()).containsExactly(new Chunk<>(decode, 1), new Chunk<>(prefill, 63));
  }

  @Test
  void admitsInOrderOfPriorityThenArrival() {
    Job batch = Job.waiting(16, 1, 1);
    Job late = Job.waiting(16, 0, 3);
    Job early = Job.waiting(16, 0, 2);
    StepPlan<Job> plan = plan(List.of(), List.of(batch, late, early), 50);
    assertThat(plan.admitted()).extracting(Chunk::sequence).containsExactly(early, late, batch);
  }

  @Test
  void aRequestThatDoesNotFitYetIsNotOvertaken() {
    Job large = Job.waiting(320, 0, 1);
    Job small = Job.waiting(16, 0, 2);
    StepPlan<Job> plan = plan(List.of(Job.decoding(10, 0)), List.of(large, small), 15);
    assertThat(plan.admitted()).isEmpty();
  }

  @Test
  void keepsASpareBlockForEverySequenceThatRuns() {
    List<Job> running = List.of(Job.decoding(10, 1), Job.decoding(10, 2));
    Job waiting = Job.waiting(32, 0, 3);
    assertThat(plan(running, List.of(waiting), 3).admitted()).isEmpty();
    assertThat(plan(running, List.of(waiting), 4).admitted()).hasSize(1);
  }

  @Test
  void preemptsTheLatestWhenADecodeFindsNoBlock() {
    Job first = Job.decoding(17, 1);
    Job second = Job.decoding(17, 2);
    Job third = Job.decoding(20, 3);
    StepPlan<Job> plan = plan(List.of(third, first, second), List.of(), 0);
    assertThat(plan.preempted()).containsExactly(third);
    assertThat(plan.chunks()).extracting(Chunk::sequence).containsExactly(first, second);
  }

  @Test
  void preemptsItselfRatherThanAnEarlierOne() {
    Job first = Job.decoding(20, 1);
    Job second = Job.decoding(17, 2);
    StepPlan<Job> plan = plan(List.of(first, second), List.of(), 0);
    assertThat(plan.preempted()).containsExactly(second);
    assertThat(plan.chunks()).extracting(Chunk::sequence).containsExactly(first);
  }

  @Test
  void doesNotTouchBlocksThatAreBeingFilled() {
    Job filling = new Job(100, 0, 7, 7, true, 0, 9);
    Job decode = Job.decoding(17, 1);
    StepPlan<Job> plan = plan(List.of(decode, filling), List.of(), 0);
    assertThat(plan.preempted()).containsExactly(decode);
    assertThat(plan.chunks()).isEmpty();
  }

  @Test
  void admitsNobodyInAStepThatPreempts() {
    List<Job> running = List.of(Job.decoding(17, 1), Job.decoding(100, 2));
    StepPlan<Job> plan = plan(running, List.of(Job.waiting(1, 0, 3)), 0);
    assertThat(plan.preempted()).hasSize(1);
    assertThat(plan.admitted()).isEmpty();
  }

  @Test
  void stopsAtTheMostSequences() {
    List<Job> running = List.of(Job.decoding(5, 1), Job.decoding(5, 2), Job.decoding(5, 3));
    List<Job> waiting = List.of(Job.waiting(4, 0, 4), Job.waiting(4, 0, 5));
    assertThat(plan(running, waiting, 50).admitted()).hasSize(1);
  }

  @Test
  void refusesWhatCanNeverFit() {
    assertThat(scheduler.refusal(511)).isEmpty();
    assertThat(scheduler.refusal(512)).hasValueSatisfying(why -> assertThat(why).contains("511"));
  }
}
