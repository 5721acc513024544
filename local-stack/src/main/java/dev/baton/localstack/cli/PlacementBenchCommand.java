package dev.baton.localstack.cli;

import dev.baton.localstack.bench.PlacementBench;
import dev.baton.localstack.bench.PolicyResult;
import dev.baton.localstack.stack.StackSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compares placement policies on one workload, each on a fresh stack. */
@Command(name = "placement")
final class PlacementBenchCommand implements Callable<Integer> {
  private static final double SAVED_BAR = 0.4;
  private static final int LINES = 10;
  private static final String RANDOM = "random";
  private static final String PRECISE = "default";

  @Option(names = "--count")
  private int count = 100;

  @Option(names = "--seed")
  private long seed = 20260101;

  @Option(names = "--concurrency")
  private int concurrency = 4;

  @Option(names = "--max-tokens")
  private int maxTokens = 16;

  @Option(names = "--prefill")
  private int prefill = 2;

  @Option(names = "--decode")
  private int decode = 3;

  @Option(names = "--policies", split = ",")
  private List<String> policies = List.of(RANDOM, "least-loaded", "approximate-prefix", PRECISE);

  @Option(names = "--report")
  private @Nullable Path report;

  @Override
  public Integer call() throws IOException {
    if (count < 1 || concurrency < 1 || maxTokens < 1 || prefill < 1 || decode < 1) {
      throw new CommandException("every number starts at 1");
    }
    Path home = Home.directory();
    Terminal terminal = Terminal.system();
    StackSpec spec =
        StackSpec.of(home, home.resolve(".baton/bench/stack")).withWorkers(prefill, decode, 0);
    PlacementBench bench =
        new PlacementBench(spec, seed, count, sentences(home), concurrency, maxTokens);
    List<PolicyResult> results = new ArrayList<>();
    try (Interrupt signal = Interrupt.onSignal()) {
      for (String policy : policies) {
        terminal.line("");
        terminal.line(terminal.bold(policy));
        results.add(run(bench, policy, terminal));
        terminal.line(row(results.getLast()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    }
    print(results, terminal);
    JsonReport.write(results, report, home.resolve(".baton/bench/placement.json"), terminal);
    return verdict(results, terminal);
  }

  private PolicyResult run(PlacementBench bench, String policy, Terminal terminal)
      throws IOException, InterruptedException {
    ProgressView progress = new ProgressView(terminal);
    long started = System.nanoTime();
    IntConsumer answered =
        done -> {
          if (done == count || done % Math.max(1, count / LINES) == 0) {
            terminal.line(
                String.format(
                    Locale.ROOT,
                    "%d/%d answers, %.0f s",
                    done,
                    count,
                    (System.nanoTime() - started) / 1e9));
          }
        };
    try (progress) {
      return bench.run(policy, progress, answered);
    }
  }

  /** Lines of the sample memos that are sentences. */
  private static List<String> sentences(Path home) throws IOException {
    List<String> sentences = new ArrayList<>();
    for (MemoFiles.Memo memo : MemoFiles.read(MemoFiles.samples(home))) {
      Arrays.stream(memo.text().split("(?<=\\.)\\s+|\\n+"))
          .map(String::strip)
          .filter(line -> line.length() > 40)
          .forEach(sentences::add);
    }
    return sentences;
  }

  private static void print(List<PolicyResult> results, Terminal terminal) {
    terminal.line("");
    terminal.line(
        "%-20s %9s %9s %9s %6s %9s %9s %8s %7s %7s"
            .formatted(
                "policy",
                "prompt",
                "computed",
                "pulled",
                "hits",
                "TTFT p50",
                "TTFT p90",
                "req/s",
                "handed",
                "error"));
    results.forEach(result -> terminal.line(row(result)));
    PolicyResult any = results.getFirst();
    terminal.line(
        "%d prompts of %d to %d tokens; hits: prompt tokens that nobody computed; handed: computed by the prefill tier; error: median of that of the predicted TTFT"
            .formatted(any.requests(), any.shortest(), any.longest()));
  }

  private static String row(PolicyResult r) {
    return String.format(
        Locale.ROOT,
        "%-20s %9d %9d %9d %5.1f%% %6.0f ms %6.0f ms %8.2f %6.0f%% %6.0f%%",
        r.policy(),
        r.promptTokens(),
        r.computedTokens(),
        r.pulledTokens(),
        r.hitRate() * 100,
        r.ttftP50Millis(),
        r.ttftP90Millis(),
        r.requestsPerSecond(),
        r.handedOver() * 100,
        r.predictionError() * 100);
  }

  /** The bars, where both policies that they compare were run. */
  private static int verdict(List<PolicyResult> results, Terminal terminal) {
    PolicyResult random = find(results, RANDOM);
    PolicyResult precise = find(results, PRECISE);
    if (random == null || precise == null) {
      return 0;
    }
    double saved = 1 - precise.computedTokens() / (double) random.computedTokens();
    boolean best = results.stream().allMatch(r -> precise.ttftP90Millis() <= r.ttftP90Millis());
    boolean passed = saved >= SAVED_BAR && best;
    terminal.line(
        String.format(
            Locale.ROOT,
            "precise residency computes %.0f %% fewer tokens than random (at least %.0f %%), its TTFT p90 is %s: %s",
            saved * 100,
            SAVED_BAR * 100,
            best ? "the best" : "not the best",
            passed ? terminal.green("passed") : terminal.red("below the bar")));
    return passed ? 0 : 1;
  }

  private static @Nullable PolicyResult find(List<PolicyResult> results, String policy) {
    return results.stream().filter(r -> r.policy().equals(policy)).findFirst().orElse(null);
  }
}
