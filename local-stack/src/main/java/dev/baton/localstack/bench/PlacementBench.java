package dev.baton.localstack.bench;

import dev.baton.contracts.WorkerStats;
import dev.baton.localstack.client.ApiClient;
import dev.baton.localstack.stack.LocalStack;
import dev.baton.localstack.stack.ServiceHandle;
import dev.baton.localstack.stack.ServiceKind;
import dev.baton.localstack.stack.StackListener;
import dev.baton.localstack.stack.StackSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/**
 * Sends one workload, so many requests at a time, through a fresh stack whose router places by one
 * policy.
 */
public final class PlacementBench {
  private static final int WARM_UP = 12;

  private final StackSpec spec;
  private final long seed;
  private final Workload workload;
  private final List<String> sentences;
  private final int concurrency;
  private final int maxTokens;

  /**
   * @param sentences what the prompts are made of
   */
  public PlacementBench(
      StackSpec spec,
      long seed,
      int count,
      List<String> sentences,
      int concurrency,
      int maxTokens) {
    this.spec = spec;
    this.seed = seed;
    this.workload = Workload.generate(seed, count, sentences);
    this.sentences = List.copyOf(sentences);
    this.concurrency = concurrency;
    this.maxTokens = maxTokens;
  }

  /**
   * @param profile name of the router's placement profile
   * @param answered called with the number of answers so far
   */
  public PolicyResult run(String profile, StackListener starting, IntConsumer answered)
      throws IOException, InterruptedException {
    StackSpec withPolicy =
        spec.withProperty(ServiceKind.ROUTER, "baton.router.placement.profile", profile);
    for (int i = 0; i < Workload.TENANTS; i++) {
      String key = "baton.router.api-keys[" + i + "].";
      withPolicy =
          withPolicy
              .withProperty(ServiceKind.ROUTER, key + "key", Workload.tenant(i))
              .withProperty(ServiceKind.ROUTER, key + "tenant", Workload.tenant(i));
    }
    try (LocalStack stack = LocalStack.start(withPolicy, starting)) {
      StreamedChat chat = new StreamedChat(stack.routerUri(), spec.model());
      ask(chat, Workload.warmUp(seed, WARM_UP, sentences), done -> {});
      Counters before = Counters.of(stack);
      long started = System.nanoTime();
      List<StreamedChat.Answer> answers = ask(chat, workload.prompts(), answered);
      double seconds = (System.nanoTime() - started) / 1e9;
      Counters after = Counters.of(stack);
      return PolicyResult.of(
          profile,
          answers,
          after.computed() - before.computed(),
          after.pulled() - before.pulled(),
          seconds);
    }
  }

  private List<StreamedChat.Answer> ask(
      StreamedChat chat, List<Workload.Prompt> prompts, IntConsumer answered)
      throws IOException, InterruptedException {
    List<StreamedChat.Answer> answers = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(concurrency)) {
      var completion = new ExecutorCompletionService<StreamedChat.Answer>(threads);
      prompts.forEach(prompt -> completion.submit(() -> chat.ask(prompt, maxTokens)));
      try {
        for (int i = 0; i < prompts.size(); i++) {
          answers.add(completion.take().get());
          answered.accept(answers.size());
        }
      } catch (ExecutionException e) {
        threads.shutdownNow();
        throw new IOException("a request failed: " + e.getCause(), e);
      } catch (InterruptedException e) {
        threads.shutdownNow();
        throw e;
      }
    }
    return answers;
  }

  /** Sums over all workers. */
  private record Counters(long computed, long pulled) {
    static Counters of(LocalStack stack) throws IOException, InterruptedException {
      ApiClient api = new ApiClient(stack.routerUri());
      long computed = 0;
      long pulled = 0;
      for (ServiceHandle worker :
          Stream.of(ServiceKind.PREFILL, ServiceKind.DECODE)
              .flatMap(kind -> stack.services(kind).stream())
              .toList()) {
        WorkerStats stats = api.stats(worker.uri());
        computed += stats.computedTokens();
        pulled += stats.pulledTokens();
      }
      return new Counters(computed, pulled);
    }
  }
}
