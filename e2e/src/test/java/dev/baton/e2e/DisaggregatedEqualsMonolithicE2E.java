package dev.baton.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.WorkerStats;
import dev.baton.e2e.Chat.Answer;
import dev.baton.e2e.Chat.Sampling;
import dev.baton.localstack.stack.ServiceKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Handing the KV cache from one worker to another must not change a single token. */
class DisaggregatedEqualsMonolithicE2E {
  private static final int PROMPTS = 50;
  private static final int MAX_TOKENS = 48;
  private static final int AT_ONCE = 5;

  private record Question(String prompt, Sampling sampling) {}

  @Test
  void fiftyPromptsGiveTheSameTokensGreedyAndSeeded() {
    List<Question> questions = questions();
    List<Answer> disaggregated;
    try (Platform platform =
        Platform.start(
            "disaggregated",
            spec ->
                spec.withWorkers(1, 2, 0)
                    .withProperty(
                        ServiceKind.ROUTER, "baton.router.placement.path", "disaggregated"))) {
      disaggregated = askAll(platform.chat(), questions);
      assertThat(platform.sum(ServiceKind.DECODE, WorkerStats::pulledTokens)).isPositive();
      assertThat(platform.sum(ServiceKind.DECODE, WorkerStats::computedTokens)).isZero();
      platform.awaitIdleAndWhole(Duration.ofSeconds(40));
    }
    List<Answer> monolithic;
    try (Platform platform = Platform.start("monolithic", spec -> spec.withWorkers(0, 0, 1))) {
      monolithic = askAll(platform.chat(), questions);
      assertThat(platform.sum(ServiceKind.DECODE, WorkerStats::pulledTokens)).isZero();
      assertThat(platform.sum(ServiceKind.DECODE, WorkerStats::computedTokens)).isPositive();
    }
    for (int i = 0; i < PROMPTS; i++) {
      assertThat(disaggregated.get(i).tokens()).as("prompt %d", i).isNotEmpty();
      assertThat(disaggregated.get(i).tokens())
          .as("prompt %d, %s", i, questions.get(i).sampling())
          .isEqualTo(monolithic.get(i).tokens());
    }
  }

  /** Memo beginnings of many lengths, half of them answered greedily, half by seeded sampling. */
  private static List<Question> questions() {
    List<String> memos = Platform.memos();
    List<Question> questions = new ArrayList<>();
    for (int i = 0; i < PROMPTS; i++) {
      String memo = memos.get(i % memos.size());
      String prompt = memo.substring(0, Math.min(memo.length(), 40 + 83 * i));
      questions.add(new Question(prompt, i % 2 == 0 ? Sampling.GREEDY : Sampling.seeded(i)));
    }
    return questions;
  }

  private static List<Answer> askAll(Chat chat, List<Question> questions) {
    List<Answer> answers = new ArrayList<>();
    for (int from = 0; from < questions.size(); from += AT_ONCE) {
      List<CompletableFuture<Answer>> batch =
          questions.subList(from, Math.min(from + AT_ONCE, questions.size())).stream()
              .map(question -> chat.ask(question.prompt(), MAX_TOKENS, question.sampling()))
              .toList();
      batch.forEach(answer -> answers.add(answer.join()));
    }
    return answers;
  }
}
