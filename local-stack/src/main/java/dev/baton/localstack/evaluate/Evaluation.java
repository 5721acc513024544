package dev.baton.localstack.evaluate;

import dev.baton.localstack.client.ApiClient;
import dev.baton.localstack.client.ApiException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/** Sends labelled memos through a running stack, several at a time, and judges the answers. */
public final class Evaluation {
  private static final Duration DEADLINE = Duration.ofMinutes(10);

  private Evaluation() {}

  /**
   * @param onVerdict called on this thread as each answer has been judged
   * @return the verdicts in the order in which they came
   */
  public static List<Verdict> run(
      ApiClient client, List<LabelledMemo> memos, int concurrency, Consumer<Verdict> onVerdict)
      throws InterruptedException {
    List<Verdict> verdicts = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(concurrency)) {
      var completion = new ExecutorCompletionService<Verdict>(threads);
      memos.forEach(memo -> completion.submit(() -> judge(client, memo)));
      try {
        for (int i = 0; i < memos.size(); i++) {
          Verdict verdict = completion.take().get();
          verdicts.add(verdict);
          onVerdict.accept(verdict);
        }
      } catch (ExecutionException e) {
        threads.shutdownNow();
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        threads.shutdownNow();
        throw e;
      }
    }
    return List.copyOf(verdicts);
  }

  private static Verdict judge(ApiClient client, LabelledMemo memo) throws InterruptedException {
    StringBuilder generated = new StringBuilder();
    try {
      var analysis = client.analyse(memo.memo(), generated::append, DEADLINE);
      return Verdict.of(memo, generated.toString(), analysis.fields());
    } catch (ApiException | IOException e) {
      return Verdict.failed(memo, generated.toString(), e.toString());
    }
  }
}
