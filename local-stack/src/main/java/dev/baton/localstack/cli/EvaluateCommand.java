package dev.baton.localstack.cli;

import dev.baton.localstack.client.ApiClient;
import dev.baton.localstack.evaluate.Evaluation;
import dev.baton.localstack.evaluate.EvaluationReport;
import dev.baton.localstack.evaluate.LabelledMemo;
import dev.baton.localstack.evaluate.Verdict;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures the accuracy on memos that the model has never seen. */
@Command(name = "evaluate")
final class EvaluateCommand implements Callable<Integer> {
  private static final long GENERATOR_MINUTES = 10;

  @Option(names = "--count")
  private int count = 300;

  @Option(names = "--seed")
  private long seed = 20260101;

  @Option(names = "--concurrency")
  private int concurrency = 4;

  @Option(names = "--report")
  private @Nullable Path report;

  @Option(names = "--url")
  private @Nullable URI url;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (count < 1 || concurrency < 1) {
      throw new CommandException("--count and --concurrency start at 1");
    }
    Path home = Home.directory();
    Terminal terminal = Terminal.system();
    ApiClient client = new ApiClient(Home.router(url));
    List<LabelledMemo> memos = generate(home);
    EvaluationProgress progress = new EvaluationProgress(terminal, memos.size());
    long started = System.nanoTime();
    List<Verdict> verdicts = Evaluation.run(client, memos, concurrency, progress::add);
    EvaluationReport result = EvaluationReport.of(verdicts, (System.nanoTime() - started) / 1e9);
    print(result, terminal);
    JsonReport.write(result, report, home.resolve(".baton/evaluation.json"), terminal);
    return result.passes() ? 0 : 1;
  }

  private List<LabelledMemo> generate(Path home) throws IOException, InterruptedException {
    Path file = home.resolve(".baton/evaluation.jsonl");
    Path log = home.resolve(".baton/logs/generate.log");
    Files.createDirectories(log.getParent());
    Process generator =
        new ProcessBuilder(
                "python3",
                home.resolve("models/deal-analyst/generate.py").toString(),
                "--split",
                "heldout",
                "--count",
                Integer.toString(count),
                "--seed",
                Long.toString(seed),
                "--out",
                file.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!generator.waitFor(GENERATOR_MINUTES, TimeUnit.MINUTES)) {
      generator.destroyForcibly();
      throw new CommandException("generating the memos took over " + GENERATOR_MINUTES + " min");
    }
    if (generator.exitValue() != 0) {
      throw new CommandException(
          "generating the memos failed%n%s".formatted(Files.readString(log).strip()));
    }
    return LabelledMemo.readAll(file);
  }

  private static void print(EvaluationReport result, Terminal terminal) {
    terminal.line("");
    for (Verdict failure : result.failures()) {
      terminal.line(
          failure.id()
              + (failure.validJson() ? "" : "  not JSON")
              + (failure.error().isEmpty() ? "" : "  " + failure.error()));
      if (failure.error().isEmpty()) {
        failure
            .misses()
            .forEach(miss ->
                terminal.line(
                    "    %-20s expected %s, got %s"
                        .formatted(miss.field(), miss.expected(), miss.actual())));
      }
    }
    terminal.line("");
    result.exactByField().forEach((field, share) -> terminal.line(percent(field, share)));
    terminal.line("");
    terminal.line(percent("all fields", result.fieldsExact()) + bar(EvaluationReport.FIELDS_BAR));
    terminal.line(percent("valid JSON", result.validJson()) + bar(EvaluationReport.JSON_BAR));
    terminal.line(percent("rationale", result.rationaleExact()) + "  (not judged)");
    terminal.line(
        String.format(
            Locale.ROOT,
            "%d memos in %.0f s: %s",
            result.memos(),
            result.seconds(),
            result.passes() ? terminal.green("passed") : terminal.red("below the bar")));
  }

  private static String percent(String name, double share) {
    return String.format(Locale.ROOT, "%-20s %7.2f %%", name, share * 100);
  }

  private static String bar(double bar) {
    return String.format(Locale.ROOT, "  (at least %.0f %%)", bar * 100);
  }
}
